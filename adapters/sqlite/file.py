"""The file of a ledger, or one in memory: how it is opened, and that a forked process cannot go on using it."""

import os
import sqlite3
from collections import Counter
from itertools import count

from workledger.adapters.database import DatabaseClosed, DatabaseReadOnly, OpenBeforeFork
from workledger.adapters.sqlite.patience import patiently
from workledger.adapters.sqlite.read_only import open_to_read

CACHE = "pragma cache_size = -16000"
"""16 MB of pages, so that a writer has the ends of the indexes in memory."""

KEEP_LOG = "pragma journal_mode = wal"

BUSY_SECONDS = 30.0
"""How long a writer waits for other writers, of which there is one at a time."""

CHECKPOINT = "pragma wal_autocheckpoint = 10000"
"""Pages (20 MB) of write-ahead log before a commit copies them to the file. The checkpointer comes before that: a page
that changed often is copied once, and no commit waits for it."""

PAGE = "pragma page_size = 2048"
"""Bytes of a page in a new database. An event changes a dozen pages, and each is written to the log as a whole: with
4,096 it would be nearly twice as many bytes for an event. Batches are appended and read in the same time."""

SHRINK = "pragma journal_size_limit = 16777216"
"""Bytes that are left of a log that begins anew."""

LEAVE_FREE_PAGES = "pragma secure_delete = off"
"""Some builds overwrite what is deleted with zeros: dropping the tables of the last rebuild would write them all again.
Events that are erased are overwritten in every build (see store.py)."""

_memories = count(1)
_open: Counter[str] = Counter()
_inherited: set[str] = set()


class File:
    """`sqlite:///work.db`, `sqlite:////abs/path.db`, or `memory:`, which no other process sees.

    Args:
        read_only: nothing is written, so that the file and its folder may be read-only.

    Attributes:
        patience: seconds that a writer waits for others.
    """

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.read_only = read_only
        self.patience = BUSY_SECONDS
        self.memory = url.startswith("memory:")
        self.path = f"file:/workledger-{next(_memories)}?vfs=memdb" if self.memory else url.removeprefix("sqlite:///")
        self._name = self.path if self.memory else os.path.realpath(self.path)
        self._closed = False
        self._keeps = self.connect() if self.memory else None
        _open[self._name] += 1

    def connect(self, *, durable: bool = True) -> sqlite3.Connection:
        """A connection in autocommit mode, for any thread.

        Args:
            durable: its commits reach the disk before they return. Those of other connections do so with the next
                durable one, in their order: a power cut takes a read table's rows and its checkpoint together.

        Raises:
            DatabaseClosed, OpenBeforeFork: see `check`.
        """
        self.check()
        fresh = not self.memory and is_empty(self.path)  # a new one keeps a write-ahead log; another's stays as it is
        made = open_to_read(self.path, self._connect) if self.read_only else self._connect(self.path, uri=self.memory)
        made.execute(CACHE)
        made.execute(CHECKPOINT)
        made.execute(SHRINK)
        made.execute(LEAVE_FREE_PAGES)
        if not self.memory:
            made.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
        if fresh and not self.read_only:
            made.execute(PAGE)
            patiently(made.cursor(), KEEP_LOG, self.patience)
        return made

    def _connect(self, path: str, *, uri: bool = True) -> sqlite3.Connection:
        return sqlite3.connect(path, uri=uri, timeout=self.patience, isolation_level=None, check_same_thread=False)

    def check(self, *, writing: bool = False) -> None:
        """A file that was closed is not opened again. A forked process has lost its locks without SQLite noticing: when
        the parent closes the file, it deletes the write-ahead log, and the child's commits are lost without an error.

        Raises:
            DatabaseClosed: the ledger was closed.
            DatabaseReadOnly: something is to be written, and the file was opened to be read only.
            OpenBeforeFork: the file was open in the process that this one was forked from.
        """
        if self._closed:
            raise DatabaseClosed
        if writing and self.read_only:
            raise DatabaseReadOnly
        if self._name in _inherited and not self.memory:
            raise OpenBeforeFork(path=self.path)

    def is_at(self, path: str) -> bool:
        """Whether that is the path of this file, as SQLite says it."""
        return not self.memory and os.path.realpath(path) == self._name

    def close(self) -> None:
        """Let nobody open it from now on."""
        if not self._closed:
            self._closed = True
            _open[self._name] -= 1

    def forget(self) -> None:
        """Let go of what is in memory, once nobody uses it."""
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
