"""Beads: the issues of a JSONL export become tasks, with their parents, dependencies and times."""

from workledger.adapters.beads.importer import import_beads

__all__ = ["import_beads"]
