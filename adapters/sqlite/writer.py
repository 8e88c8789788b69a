"""The connection that appends to SQLite: one transaction at a time, its statements kept prepared."""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from workledger.adapters.database import DatabaseBusy
from workledger.adapters.sqlite.failures import refusals, refuse
from workledger.adapters.sqlite.file import File

LONGEST_NAP = 0.003
"""Seconds in which a waiting writer looks again. SQLite's own waiting takes up to 0.1, and is overtaken meanwhile."""
NAPS_ARE_OURS = "pragma busy_timeout = 0"


class Writer:
    """Opens its connection when it is first needed, and anew after one that failed."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """A transaction that has the write lock from its beginning, and is committed when the block ends well.

        It is never tried again: only whoever asked for it knows what was decided, and on what.

        Raises:
            Refused: the database is busy (DATABASE_BUSY), full (DATABASE_FULL) or broken (DATABASE_FAILED).
        """
        with self._lock:
            try:
                cursor = self._opened().cursor()
                self._patiently(cursor, "begin immediate")
                yield cursor
                self._patiently(cursor, "commit")
            except BaseException as error:
                self._undo()
                refuse(error)
                raise

    def keep_log(self) -> None:
        """Have the database keep a write-ahead log, if it does not. While others use it without one it cannot begin:
        after a while it is left to whoever opens it next."""
        with self._lock, suppress(DatabaseBusy), refusals():
            self._patiently(self._opened().cursor(), "pragma journal_mode = wal", min(1.0, self._file.patience))

    def close(self) -> None:
        with self._lock:
            self._let_go()

    def _opened(self) -> sqlite3.Connection:
        self._file.refuse_inherited()
        if self._connection is None:
            self._connection = self._file.connect()
            self._connection.execute(NAPS_ARE_OURS)
        return self._connection

    def _patiently(self, cursor: sqlite3.Cursor, statement: str, patience: float | None = None) -> None:
        """A transaction that could not begin or be committed yet is as it was before."""
        give_up = 0.0
        while True:
            try:
                cursor.execute(statement)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                give_up = give_up or time.monotonic() + (self._file.patience if patience is None else patience)
                if time.monotonic() > give_up:
                    raise
                time.sleep(random.uniform(0, LONGEST_NAP))  # noqa: S311
            else:
                return

    def _undo(self) -> None:
        """Leave nothing half-written; a connection that cannot even do that is given up, which does it too."""
        try:
            if self._connection is not None:
                self._connection.rollback()
        except sqlite3.Error:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
