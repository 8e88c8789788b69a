"""Group commit: appends of threads that wait for each other become one transaction, each with an outcome of its own."""

import sqlite3
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from workledger.adapters.sqlite.writer import Writer

T = TypeVar("T")
Append = Callable[[sqlite3.Cursor], T]

MOST = 64
"""Appends of one transaction."""


class Waiting(Generic[T]):
    """An append that a thread waits for.

    Attributes:
        settled: it is committed, or has failed.
    """

    def __init__(self, append: Append[T]) -> None:
        self.settled = False
        self._append = append
        self._asleep = threading.Lock()
        self._asleep.acquire()
        self._returned: Any = None
        self._raised: BaseException | None = None

    def wait(self) -> None:
        """Until it is settled, or leads."""
        self._asleep.acquire()

    def wake(self) -> None:
        self._asleep.release()

    def attempt(self, cursor: sqlite3.Cursor) -> None:
        """Append in a transaction of its own."""
        self._returned = self._append(cursor)

    def attempt_among_others(self, cursor: sqlite3.Cursor) -> None:
        """Append in the transaction of a group: an error of this append takes back what it wrote, and nothing else.

        Raises:
            sqlite3.Error: the database has undone the whole transaction.
        """
        cursor.execute("savepoint one")
        try:
            self._returned = self._append(cursor)
        except Exception as error:
            if not cursor.connection.in_transaction:
                raise
            cursor.execute("rollback to one")
            self._raised = error
        cursor.execute("release one")

    def settle(self, failed: BaseException | None = None) -> None:
        """The transaction is committed, or has failed."""
        self._raised = failed or self._raised
        self.settled = True
        self.wake()

    def outcome(self) -> T:
        if self._raised is not None:
            raise self._raised
        returned: T = self._returned
        return returned


class GroupCommit:
    """One thread leads at a time: it appends for all that wait then, and hands over to the first that came meanwhile.

    Nobody waits for company: a thread that is alone appends at once.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._leader: Waiting[Any] | None = None
        self._waiting: list[Waiting[Any]] = []

    def run(self, append: Append[T]) -> T:
        """What the append returns, once it is committed.

        Raises:
            Refused: the database is busy, full or broken, see Writer; nothing of it is stored.
            Exception: what the append raises; nothing of it is stored.
        """
        mine = Waiting(append)
        try:
            if not self._leads(mine):
                mine.wait()
            if not mine.settled:
                self._append(self._group(mine))
        except BaseException:  # Ctrl-C in the main thread, perhaps while another one leads
            with self._lock:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            raise
        finally:
            self._hand_over(mine)
        return mine.outcome()

    def _leads(self, mine: Waiting[Any]) -> bool:
        with self._lock:
            if self._leader is None:
                self._leader = mine
            else:
                self._waiting.append(mine)
            return self._leader is mine

    def _group(self, mine: Waiting[Any]) -> list[Waiting[Any]]:
        """Those to append for. The main thread appends for itself alone: Ctrl-C is for it, and for no other."""
        if threading.current_thread() is threading.main_thread():
            return [mine]
        with self._lock:
            group, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return [mine, *group]

    def _append(self, group: list[Waiting[Any]]) -> None:
        try:
            with self._writer.transaction() as cursor:
                if len(group) == 1:
                    group[0].attempt(cursor)
                else:
                    for one in group:
                        one.attempt_among_others(cursor)
        except BaseException as error:
            for one in group:
                one.settle(error)
            return
        for one in group:
            one.settle()

    def _hand_over(self, mine: Waiting[Any]) -> None:
        with self._lock:
            if self._leader is not mine:
                return
            self._leader = self._waiting.pop(0) if self._waiting else None
            if self._leader is not None:
                self._leader.wake()
