"""Git: the history of a local repository becomes commits of a project."""

from workledger.adapters.git.importer import import_git

__all__ = ["import_git"]
