"""Group commit: appends of threads that wait for each other become one transaction, each with an outcome of its own."""

import sqlite3
import threading
from collections import deque
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
        self._returned: Any = None
        self._raised: BaseException | None = None

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

    def outcome(self) -> T:
        if self._raised is not None:
            raise self._raised
        returned: T = self._returned
        return returned


class GroupCommit:
    """The thread whose turn it is appends for all that wait then; who comes meanwhile waits for the next turn.

    Nobody waits for company: a thread that is alone appends at once.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._turn = threading.Lock()
        self._waiting: deque[Waiting[Any]] = deque()

    def run(self, append: Append[T]) -> T:
        """What the append returns, once it is committed.

        Raises:
            Refused: the database is busy, full or broken, see Writer; nothing of it is stored.
            Exception: what the append raises; nothing of it is stored.
        """
        mine = Waiting(append)
        self._waiting.append(mine)
        try:
            with self._turn:
                while not mine.settled:
                    self._append(self._group(mine))
        except BaseException:  # Ctrl-C, perhaps while others had their turn
            if mine in self._waiting:
                self._waiting.remove(mine)
            raise
        return mine.outcome()

    def _group(self, mine: Waiting[Any]) -> list[Waiting[Any]]:
        """Those to append for. The main thread appends for itself alone: Ctrl-C is for it, and for no other."""
        if threading.current_thread() is threading.main_thread():
            self._waiting.remove(mine)
            return [mine]
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST))]

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
