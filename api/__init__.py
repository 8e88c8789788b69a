"""The doors: HTTP with its live feed and the board page, and the command line. They load, ask the domain, record."""
