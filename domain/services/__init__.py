"""Decisions that span several aggregates, each in one unit of work."""
