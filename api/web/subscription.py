"""A subscription to the live feed: which events it asks for, and those that wait until its client takes them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from fastapi.sse import format_sse_event

from workledger.api.web.answers import event_json
from workledger.domain.kernel.envelope import Row

BUFFER = 5000
"""Events that wait for a client which takes them more slowly than they come; with one more it is dropped."""


@dataclass(frozen=True)
class Wanted:
    """Which events are asked for: those of a project, or of some topics; all, unless it says so."""

    project_id: str | None = None
    topics: frozenset[str] = frozenset()

    def __call__(self, frame: "Frame") -> bool:
        return self.project_id in (None, frame.project_id) and (not self.topics or frame.topic in self.topics)


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as it is sent, encoded once for all subscriptions."""

    position: int
    topic: str
    project_id: str | None
    encoded: bytes

    @classmethod
    def of(cls, row: Row) -> "Frame":
        data = orjson.dumps(event_json(row)).decode()
        encoded = format_sse_event(id=str(row.position), event=row.topic, data_str=data)
        return cls(row.position, row.topic, orjson.loads(row.tags).get("project"), encoded)


@dataclass(eq=False)
class Subscription:
    """One open feed, and the events that have come since its client last took some.

    The reader of the log is a thread, and the feed a coroutine of `loop`: only `awake` is set across the two.
    """

    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    waiting: deque[Frame] = field(default_factory=deque)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    ended: bool = False

    def deliver(self, frames: Sequence[Frame]) -> None:
        """Add those that it asks for; it is dropped when too many wait."""
        self.waiting.extend(frame for frame in frames if self.wanted(frame))
        self.dropped = len(self.waiting) > BUFFER
        self._wake()

    def end(self) -> None:
        """Let it say `bye`."""
        self.ended = True
        self._wake()

    def _wake(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.awake.set)
        except RuntimeError:  # its event loop is closed: the client is gone
            self.dropped = True
