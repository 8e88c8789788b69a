"""Beads: the issues of a JSONL export become tasks, with their parents, dependencies and times."""
