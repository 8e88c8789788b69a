"""Codewalkers: its SQLite database becomes initiatives, phases, tasks, agents and all else that it plans and says."""

from workledger.adapters.codewalkers.importer import import_codewalkers

__all__ = ["import_codewalkers"]
