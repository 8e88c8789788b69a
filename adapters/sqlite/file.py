"""The file of a ledger, or one in memory: how it is opened, and that a forked process cannot go on using it."""

import os
import sqlite3
from collections import Counter
from itertools import count

from workledger.adapters.sqlite.failures import OpenBeforeFork

CACHE = "pragma cache_size = -16000"
"""16 MB of pages, so that a writer has the ends of the indexes in memory."""

BUSY_SECONDS = 30.0
"""How long a writer waits for other writers, of which there is one at a time."""

CHECKPOINT = "pragma wal_autocheckpoint = 10000"
"""Pages (40 MB) of write-ahead log before a checkpoint: a page that changed often is then copied to the file once."""

LEAVE_FREE_PAGES = "pragma secure_delete = off"
"""Some builds overwrite what is deleted with zeros: dropping the tables of the last rebuild would write them all again.
Events that are erased are overwritten in every build (see store.py)."""

_memories = count(1)
_open: Counter[str] = Counter()
_inherited: set[str] = set()


class File:
    """`sqlite:///work.db`, `sqlite:////abs/path.db`, or `memory:`, which no other process sees.

    Attributes:
        patience: seconds that a writer waits for others.
    """

    def __init__(self, url: str) -> None:
        self.patience = BUSY_SECONDS
        self.memory = url.startswith("memory:")
        self.path = f"file:/workledger-{next(_memories)}?vfs=memdb" if self.memory else url.removeprefix("sqlite:///")
        self._name = self.path if self.memory else os.path.realpath(self.path)
        self._keeps = self.connect() if self.memory else None
        _open[self._name] += 1

    def connect(self, *, durable: bool = True) -> sqlite3.Connection:
        """A connection in autocommit mode, for any thread.

        Args:
            durable: its commits reach the disk before they return. Those of other connections do so with the next
                durable one, in their order: a power cut takes a read table's rows and its checkpoint together.

        Raises:
            OpenBeforeFork: see `refuse_inherited`.
        """
        self.refuse_inherited()
        fresh = not self.memory and is_empty(self.path)  # a new one keeps a write-ahead log; another's stays as it is
        made = sqlite3.connect(
            self.path, uri=self.memory, timeout=self.patience, isolation_level=None, check_same_thread=False
        )
        made.execute(CACHE)
        made.execute(CHECKPOINT)
        made.execute(LEAVE_FREE_PAGES)
        if not self.memory:
            made.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
        if fresh:
            made.execute("pragma journal_mode = wal")
        return made

    def refuse_inherited(self) -> None:
        """A forked process has lost its locks, which SQLite does not notice: when the parent closes the file, it
        deletes the write-ahead log, and the child's commits are lost without an error.

        Raises:
            OpenBeforeFork: the file was open in the process that this one was forked from.
        """
        if self._name in _inherited and not self.memory:
            raise OpenBeforeFork(path=self.path)

    def is_at(self, path: str) -> bool:
        """Whether that is the path of this file, as SQLite says it."""
        return not self.memory and os.path.realpath(path) == self._name

    def close(self) -> None:
        _open[self._name] -= 1
        if self._keeps:
            self._keeps.close()


def is_empty(path: str) -> bool:
    """There is no database yet: SQLite makes one of a missing file, and of an empty one. A new one gets a write-ahead
    log; others keep their journal mode."""
    return not os.path.exists(path) or os.path.getsize(path) == 0


def _remember() -> None:
    _inherited.update(+_open)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_remember)
