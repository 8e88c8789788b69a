"""Reacting: policies subscribe to the log, and decide on commands that follow from its events."""
