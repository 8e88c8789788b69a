"""Folding: events become rows, in compiled batches."""
