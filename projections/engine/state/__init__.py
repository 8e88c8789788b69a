"""What the engine keeps in the database: checkpoints, dead letters, leases, and the progress of rebuilds."""
