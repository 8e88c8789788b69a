"""The connection that appends to SQLite: one transaction at a time, so that its statements stay prepared."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from workledger.adapters.database import DatabaseBusy
from workledger.adapters.failures import database_errors, refusal_of
from workledger.adapters.sqlite.file import KEEP_LOG, File
from workledger.adapters.sqlite.patience import patiently

NO_BUSY_HANDLER = "pragma busy_timeout = 0"


class Writer:
    """Opens its connection when it is first needed, and anew after one that failed.

    Args:
        committed: called after each commit.
    """

    def __init__(self, file: File, committed: Callable[[], None] = lambda: None) -> None:
        self._file, self._committed = file, committed
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """A transaction that has the write lock from its beginning, and is committed when the block ends without an
        error.

        It is never retried: only the caller knows what was decided on what it read.

        Raises:
            Refused: the database is busy (DATABASE_BUSY), full (DATABASE_FULL) or broken (DATABASE_FAILED).
        """
        with self._lock:
            try:
                cursor = self._connected().cursor()
                patiently(cursor, "begin immediate", self._file.patience)
                yield cursor
                patiently(cursor, "commit", self._file.patience)
            except BaseException as error:
                self._undo()
                if (refused := refusal_of(error)) is not None:
                    raise refused from error
                raise
        self._committed()

    def keep_log(self) -> None:
        """Switch to a write-ahead log (WAL) unless it is on. That fails while others use another journal mode; after a
        second, the next process that opens the database gets to try."""
        with self._lock, suppress(DatabaseBusy), database_errors():
            patiently(self._connected().cursor(), KEEP_LOG, min(1.0, self._file.patience))

    def close(self) -> None:
        with self._lock:
            self._disconnect()

    def _connected(self) -> sqlite3.Connection:
        self._file.check(writing=True)
        if self._connection is None:
            self._connection = self._file.connect()
            self._connection.execute(NO_BUSY_HANDLER)
        return self._connection

    def _undo(self) -> None:
        """Roll back. A connection that cannot is closed, which rolls back too."""
        try:
            if self._connection is not None:
                self._connection.rollback()
        except sqlite3.Error:
            self._disconnect()

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
        self._connection = None
