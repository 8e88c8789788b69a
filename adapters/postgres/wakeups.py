"""Wake-ups between processes: a NOTIFY after the commits of a few milliseconds, never in an append itself.

The thread that sends them also settles gaps in the log, once a second for as long as there are any (watermark.py).

They only save waiting. A process that is woken reads the log, and polls it besides, each second at least: a broken
connection delays nothing for longer than that.
"""

import logging
import threading
import time
from collections.abc import Callable
from selectors import EVENT_READ, DefaultSelector
from typing import Any

import psycopg

CHANNEL = "workledger"
NOTIFY = f"set local synchronous_commit = off; notify {CHANNEL}"
"""One transaction: a setting of the session would stay on a pooler's connection, for the commits of others."""

BATCH_SECONDS = 0.005
"""Appends within this time send one wake-up."""

RECONNECT_SECONDS = 2.0
"""Between attempts to connect."""

CHECK_SECONDS = 1.0
"""How often a listening thread checks whether it was closed."""

POOLED_SECONDS = 0.05
"""Between calls of the listeners where a pooler keeps notifications from them, so that they look by themselves."""

SETTLE_SECONDS = 1.0
"""Between looks at the log after appends."""

logger = logging.getLogger(__name__)


class Wakeups:
    """Sends wake-ups to other processes after appends, and listens for theirs; each on a thread of its own.

    Args:
        connect: opens a connection, or raises psycopg.Error.
        pooled: whether a pooler is before the server, as connections have shown by now. It would deliver no
            notifications, and the LISTEN would stay on a connection that others get.
        settle: looks at the log after appends; whether it is to be called again although nothing more is appended.
    """

    def __init__(
        self,
        connect: Callable[[], psycopg.Connection[Any]],
        pooled: Callable[[], bool] = lambda: False,
        settle: Callable[[], bool] = lambda: False,
    ) -> None:
        self._connect, self._pooled, self._settle = connect, pooled, settle
        self._pending, self._closed = threading.Event(), threading.Event()
        self._starting = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._listeners: list[Callable[[], None]] = []

    def notify(self) -> None:
        """Wake the other processes: something was appended and committed."""
        self._pending.set()
        self._start("notifying", self._notify)

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when another process, or this one, has appended."""
        self._listeners.append(listener)
        self._start("listening", self._listen)

    def close(self) -> None:
        """End the threads. The last notification is for the listening thread of this process, to end it."""
        if self._listeners:
            self._start("notifying", self._notify)
        self._closed.set()
        self._pending.set()
        for thread in self._threads.values():
            thread.join()

    def _start(self, name: str, run: Callable[[], None]) -> None:
        if name in self._threads:
            return
        with self._starting:
            if name not in self._threads:
                thread = threading.Thread(target=self._keep, args=(run,), name=f"workledger-{name}", daemon=True)
                self._threads[name] = thread
                thread.start()

    def _keep(self, run: Callable[[], None]) -> None:
        """Run it, again after errors, until it is closed."""
        while not self._closed.is_set():
            try:
                run()
            except psycopg.Error as error:
                logger.debug("no wake-ups for a while: %s", error)
                self._closed.wait(RECONNECT_SECONDS)

    def _notify(self) -> None:
        with self._connect() as connection:
            closed = unsettled = False
            settled_at = 0.0
            while not closed:
                appended = self._pending.wait(SETTLE_SECONDS if unsettled else None)
                self._pending.clear()  # before the NOTIFY: an append from now on needs another one
                closed = self._closed.is_set()
                if appended:
                    connection.execute(NOTIFY, prepare=False)  # two statements in one simple query
                unsettled = unsettled or appended
                if unsettled and not closed and time.monotonic() - settled_at >= SETTLE_SECONDS:
                    unsettled, settled_at = self._settle(), time.monotonic()
                self._closed.wait(BATCH_SECONDS)

    def _listen(self) -> None:
        with self._connect() as connection:
            pooled = self._pooled()
            if not pooled:
                connection.execute(f"listen {CHANNEL}")
            self._tell()  # of the appends from before we listened
            while pooled and not self._closed.wait(POOLED_SECONDS):
                self._tell()
            with DefaultSelector() as selector:
                selector.register(connection.fileno(), EVENT_READ)
                while not self._closed.is_set():
                    # psycopg would wake up ten times a second to look for signals, which only a main thread has.
                    if not selector.select(CHECK_SECONDS):
                        continue
                    for _ in connection.notifies(timeout=0):
                        if not self._closed.is_set():
                            self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()
