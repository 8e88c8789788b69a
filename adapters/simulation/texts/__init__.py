"""What the simulated people and agents say and write."""
