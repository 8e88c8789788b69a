"""Benchmarks: this ledger beside its peers and beside what the machine can do, measured in one run."""
