"""The ledger in a transaction of the app's own: it is committed and rolled back with what else the app writes there."""
