"""Erases secrets that were stored before: from events, and from all that is made of them (see redactor.py)."""
