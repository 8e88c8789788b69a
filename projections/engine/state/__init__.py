"""The engine's own tables: checkpoints, dead letters, leases, and the progress of rebuilds."""
