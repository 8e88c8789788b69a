"""Folding: events become rows, by compiled functions, in batches written in one transaction with their checkpoint."""
