"""Following the log: the projector keeps read tables up with it, and dead letters are replayed."""
