"""Following: the projector keeps the live tables up with the log."""
