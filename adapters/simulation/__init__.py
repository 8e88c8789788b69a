"""Simulation: a seeded team of agents at work, played through the real commands and labelled as simulated."""
