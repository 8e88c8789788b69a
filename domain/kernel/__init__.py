"""The mechanism: what aggregates are written with and stored by; it knows no noun of the domain."""
