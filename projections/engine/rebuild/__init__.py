"""Rebuilding: read tables built again from the log beside the live ones, swapped in, undone, cancelled and verified."""
