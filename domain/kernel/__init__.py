"""What aggregates are written in and how they are kept; it knows no noun of the domain."""
