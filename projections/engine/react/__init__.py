"""Reacting: policies are run on what the log says, each event once."""
