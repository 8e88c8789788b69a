"""What becomes of each table's rows."""
