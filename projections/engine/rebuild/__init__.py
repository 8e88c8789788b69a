"""Rebuilding: tables are made anew beside the live ones, swapped in, undone, and verified."""
