"""Git: the history of a local repository becomes commits of a project."""
