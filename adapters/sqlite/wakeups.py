"""Wake-ups between processes: SQLite counts the commits of others, and a thread looks at the count.

That costs a fraction of looking into the tables, so whatever follows the log leaves the looking to this thread.
"""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress

from workledger.adapters.sqlite.file import File
from workledger.domain.kernel.refusals import Refused

BRIEF_SECONDS, LOOK_SECONDS = 0.05, 0.2
"""Between looks at the count: after an append, and when there has been none for a while."""

RECONNECT_SECONDS = 1.0
"""Before the file is opened again, after an error."""

COUNT = "pragma data_version"
"""A number that changes with the commits of other connections, those of read tables and leases among them."""

HEAD = "select max(position) from events"


class SQLiteWakeups:
    """Starts its thread with the first listener."""

    def __init__(self, file: File) -> None:
        self._file = file
        self._listeners: list[Callable[[], None]] = []
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def notify(self) -> None:
        """The commit itself is what others see."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when something was appended, here or by another process."""
        self._listeners.append(listener)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="workledger-watching", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            with suppress(sqlite3.Error, Refused), closing(self._file.connect(durable=False)) as connection:
                self._watch(connection)
            self._closed.wait(RECONNECT_SECONDS)

    def _watch(self, connection: sqlite3.Connection) -> None:
        count = head = None
        wait = BRIEF_SECONDS
        while not self._closed.wait(wait):
            wait = min(wait * 1.05, LOOK_SECONDS)
            before, count = count, connection.execute(COUNT).fetchone()
            if count == before:
                continue
            was, head = head, connection.execute(HEAD).fetchone()
            if head != was:
                wait = BRIEF_SECONDS
                for listener in tuple(self._listeners):
                    listener()
