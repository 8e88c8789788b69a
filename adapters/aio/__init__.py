"""The ledger for asyncio: nothing that waits for the database runs on the event loop."""
