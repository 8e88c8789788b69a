"""Wake-ups between processes: after a commit, a few milliseconds' appends at a time, never inside an append.

They only spare waiting. Whoever is woken looks at the log, and looks now and then without being woken: a pooler in
transaction mode, or a broken connection, delays nothing for longer than that.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

import psycopg

CHANNEL = "workledger"
TELL = f"set local synchronous_commit = off; notify {CHANNEL}"
"""One transaction: a setting of the session would stay on a pooler's connection, for the commits of others."""

TOGETHER_SECONDS = 0.005
"""Appends within this time wake others once."""

AGAIN_SECONDS = 2.0
"""Between attempts to connect."""

LOOK_SECONDS = 1.0
"""How often a listener looks whether it is to end."""

logger = logging.getLogger(__name__)


class Wakeups:
    """Tells other processes that something was appended, and hears it from them.

    Args:
        connect: opens a connection, or raises psycopg.Error.
        pooled: whether a pooler is before the server, as connections have shown by now. It would tell nobody what is
            heard, and the listening would stay on a connection that others get.
    """

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Any]], pooled: Callable[[], bool] = lambda: False
    ) -> None:
        self._connect, self._pooled = connect, pooled
        self._told, self._over = threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._hear: list[Callable[[], None]] = []

    def tell(self) -> None:
        """Something was appended, and is committed."""
        self._told.set()
        self._start("telling", self._telling)

    def listen(self, hear: Callable[[], None]) -> None:
        """Have `hear` called when another process, or this one, has appended."""
        self._hear.append(hear)
        self._start("hearing", self._hearing)

    def close(self) -> None:
        """End it: the last thing that is told ends whoever hears it here."""
        if self._hear:
            self._start("telling", self._telling)
        self._over.set()
        self._told.set()
        for thread in self._threads.values():
            thread.join()

    def _start(self, name: str, run: Callable[[], None]) -> None:
        if name in self._threads:
            return
        with self._turn:
            if name not in self._threads:
                thread = threading.Thread(target=self._again, args=(run,), name=f"workledger-{name}", daemon=True)
                self._threads[name] = thread
                thread.start()

    def _again(self, run: Callable[[], None]) -> None:
        while not self._over.is_set():
            try:
                run()
            except psycopg.Error as error:
                logger.debug("no wake-ups for a while: %s", error)
                self._over.wait(AGAIN_SECONDS)

    def _telling(self) -> None:
        with self._connect() as connection:
            over = False
            while not over:
                self._told.wait()
                self._told.clear()
                over = self._over.is_set()
                connection.execute(TELL, prepare=False)  # two statements in one go
                self._over.wait(TOGETHER_SECONDS)

    def _hearing(self) -> None:
        with self._connect() as connection:
            pooled = self._pooled()
            if not pooled:
                connection.execute(f"listen {CHANNEL}")
            for hear in self._hear:
                hear()  # what came before we listened
            if pooled:
                self._over.wait()
            while not self._over.is_set():
                for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
                    for hear in () if self._over.is_set() else tuple(self._hear):
                        hear()
