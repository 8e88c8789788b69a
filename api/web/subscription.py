"""A subscription to the live feed: the events that wait until its client takes them."""

import asyncio
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from workledger.api.web.frames import Frame, Wanted, cut

BUFFER = 4 * 1024 * 1024
"""Bytes that wait for a client which takes them more slowly than they come; with more it is dropped."""

CHUNK = 64 * 1024
"""Bytes that are written at a time, unless one event alone has more."""


@dataclass(eq=False)
class Subscription:
    """One open feed, and the events that have come since its client last took some.

    The reader of the log is a thread, and the feed a coroutine of `loop`.
    """

    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    ended: bool = False
    _waiting: deque[Frame] = field(default_factory=deque)
    _bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, frames: Iterable[Frame]) -> None:
        """Add those that it asks for; it is dropped, with all that wait, when they are too many bytes."""
        with self._lock:
            for frame in frames:
                if self.wanted(frame):
                    self._waiting.append(frame)
                    self._bytes += len(frame.encoded)
            if self._bytes > BUFFER:
                self.dropped = True
                self._waiting.clear()
        self._wake()

    def take(self) -> list[Frame]:
        """The next frames that wait, of a chunk's size."""
        with self._lock:
            taken = cut(self._waiting, CHUNK)
            for frame in taken:
                self._waiting.popleft()
                self._bytes -= len(frame.encoded)
        return taken

    def end(self) -> None:
        """Let it say `bye`."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.awake.set)
        except RuntimeError:  # its event loop is closed: the client is gone
            self.dropped = True
