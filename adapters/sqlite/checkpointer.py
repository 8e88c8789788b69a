"""Keeps the write-ahead log small: SQLite by itself begins it anew only at a moment when nobody is reading from it.

Where reads overlap there is no such moment, and the log grows for as long as they do. So once it is over a limit, a
thread makes the moment: it holds up writers until those who read now have finished, for two seconds at the very
most. Those who begin to read meanwhile read the file, which the log has been copied to, and are in nobody's way.

A reader who stays for long is not waited for. The log grows until that one has gone, and is emptied then.
"""

import logging
import os
import sqlite3
import threading
from contextlib import closing

from workledger.adapters.sqlite.file import File
from workledger.domain.kernel.refusals import Refused

LIMIT = 16 * 2**20
"""Bytes of log."""

FIRST_PATIENCE, LONGEST_PATIENCE = 0.25, 2.0
"""Seconds for which writers are held up; twice as long after each attempt in vain."""

REST = 3
"""Times as long as they were held up, writers are left alone after an attempt in vain."""

CHECK_SECONDS = 0.05
"""Between looks whether a reader who stays has gone."""

logger = logging.getLogger(__name__)


class Checkpointer:
    """Starts its thread when the log is first over the limit."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._path = None if file.memory or file.read_only else f"{os.path.realpath(file.path)}-wal"
        self._over, self._closed = threading.Event(), threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def look(self) -> None:
        """After a commit: wake the thread when the log is over the limit."""
        if self._path is not None and not self._over.is_set() and self._size() > LIMIT:
            self._over.set()
            with self._starting:
                if self._thread is None and not self._closed.is_set():
                    self._thread = threading.Thread(target=self._run, name="workledger-checkpointer", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """End the thread."""
        with self._starting:
            self._closed.set()
            self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._over.wait()
            try:
                with closing(self._file.connect()) as connection:
                    self._empty(connection)
            except (sqlite3.Error, Refused) as error:
                logger.debug("the write-ahead log was not emptied: %s", error)
                self._closed.wait(CHECK_SECONDS)
            self._over.clear()

    def _empty(self, connection: sqlite3.Connection) -> None:
        """Try until the log is below the limit."""
        patience = FIRST_PATIENCE
        while self._size() > LIMIT and not self._closed.is_set():
            _, frames, copied = connection.execute("pragma wal_checkpoint(passive)").fetchone()
            if copied < frames / 2:
                self._closed.wait(CHECK_SECONDS)  # somebody has been reading for long
                continue
            connection.execute(f"pragma busy_timeout = {int(patience * 1000)}")
            busy, *_ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
            if busy:
                self._closed.wait(patience * REST)
                patience = min(patience * 2, LONGEST_PATIENCE)

    def _size(self) -> int:
        try:
            return os.stat(self._path).st_size if self._path else 0
        except OSError:
            return 0
