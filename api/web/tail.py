"""The tail of the log: one reader for each process, which passes new events on to all clients of the live feed."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from weakref import WeakSet

import orjson
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import format_sse_event

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.answers import event_json
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.refusals import LimitReached

PAGE = 500
"""Events read at a time."""

BUFFER = 5000
"""Events queued for a client that reads them more slowly than they come; with one more it is dropped."""

FEEDS = 50
"""Feeds open at a time (AgentPane's limit, domain.md 4.3)."""

POLL_SECONDS = 0.15
"""Between looks at the log, for what other processes append."""

RETRY_MS = 1000
HEARTBEAT = format_sse_event(comment="still here")

logger = logging.getLogger(__name__)


class TooManyFeeds(LimitReached):
    """{limit} feeds are open already; close one, or try again later."""

    code = "RATE_LIMITED"


@dataclass(frozen=True)
class Wanted:
    """The events that a client wants: those of a project, or of some topics; all, by default."""

    project_id: str | None = None
    topics: frozenset[str] = frozenset()

    def __call__(self, frame: "Frame") -> bool:
        return self.project_id in (None, frame.project_id) and (not self.topics or frame.topic in self.topics)


@dataclass(frozen=True, slots=True)
class Frame:
    """An event as it goes over the wire, encoded once for all clients."""

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
class FeedClient:
    """A client of the live feed, and the frames queued for it."""

    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    waiting: deque[Frame] = field(default_factory=deque)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    dropped: bool = False
    over: bool = False

    def give(self, frames: Sequence[Frame]) -> None:
        self.waiting.extend(frame for frame in frames if self.wanted(frame))
        self.dropped = len(self.waiting) > BUFFER
        self._wake()

    def end(self) -> None:
        self.over = True
        self._wake()

    def _wake(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self.awake.set)
        except RuntimeError:  # its event loop is closed: nobody listens any more
            self.dropped = True


class Tail:
    """Reads the log for as long as there are clients.

    Args:
        stopping: asked time and again whether the server is about to stop, as feeds must end before it can.
    """

    def __init__(self, ledger: Workledger, *, heartbeat: float, stopping: Callable[[], bool]) -> None:
        self.ledger, self.heartbeat, self._stopping = ledger, heartbeat, stopping
        self._open: WeakSet[FeedClient] = WeakSet()
        self._joined: set[FeedClient] = set()
        self._turn = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._position = 0

    async def follow(self, wanted: Wanted, after: int | None) -> AsyncIterator[bytes]:
        """Frames of all wanted events after a position (the end of the log, unless given), without gap or double.

        Raises:
            TooManyFeeds: RATE_LIMITED.
        """
        client = FeedClient(wanted, asyncio.get_running_loop())
        with self._turn:
            if len(self._open) >= FEEDS:
                raise TooManyFeeds(limit=FEEDS)
            self._open.add(client)
        head = await run_in_threadpool(self.ledger.head)
        return self._frames(client, head if after is None else after, head)

    def end(self) -> None:
        """End all feeds with `bye`."""
        with self._turn:
            self._end_all()
        self._awake.set()

    def stop(self) -> None:
        """End all feeds, and wait until the log is no longer read."""
        self.end()
        thread = self._thread
        if thread is not None:
            thread.join()

    async def _frames(self, client: FeedClient, position: int, head: int) -> AsyncIterator[bytes]:
        try:
            yield format_sse_event(comment="workledger", retry=RETRY_MS)
            if position > head:
                yield _reset(head)
                return
            joined = False
            while not (joined or client.over):
                page, position = await run_in_threadpool(self._page, client.wanted, position)
                for frame in page:
                    yield frame.encoded
                joined = len(page) < PAGE and self._join(client, position)
            while not client.dropped:
                client.awake.clear()
                while client.waiting:
                    frame = client.waiting.popleft()
                    if frame.position > position:
                        position = frame.position
                        yield frame.encoded
                if client.over:
                    yield format_sse_event(event="bye", data_str="{}")
                    return
                try:
                    await asyncio.wait_for(client.awake.wait(), self.heartbeat)
                except TimeoutError:
                    yield HEARTBEAT
            yield _reset(position)
        finally:
            with self._turn:
                self._open.discard(client)
                self._joined.discard(client)

    def _page(self, wanted: Wanted, position: int) -> tuple[list[Frame], int]:
        """The next wanted events of the log, and the position that is thereby read."""
        head = self.ledger.head()
        tag = ("project", wanted.project_id) if wanted.project_id else None
        rows = self.ledger.read(position, PAGE, upto=head, topics=tuple(wanted.topics), tag=tag)
        return [Frame.of(row) for row in rows], rows[-1].position if len(rows) == PAGE else max(head, position)

    def _join(self, client: FeedClient, position: int) -> bool:
        """Have it given what comes after a position; False when the tail has handed on more than that already."""
        with self._turn:
            if self._thread is not None and self._position > position:
                return False
            self._joined.add(client)
            if self._thread is None:
                self._position = position
                self._thread = threading.Thread(target=self._run, name="workledger-feed", daemon=True)
                self._thread.start()
            return True

    def _run(self) -> None:
        deaf = self.ledger.listen(lambda position: self._awake.set())
        while True:
            self._awake.clear()
            frames = self._read()
            with self._turn:
                if self._stopping():
                    self._end_all()
                for client in self._joined if frames else ():
                    client.give(frames)
                if frames:
                    self._position = frames[-1].position
                self._joined = {one for one in self._joined if not (one.dropped or one.over)}
                if not self._joined:
                    self._thread = None
                    break
            if len(frames) < PAGE:
                self._awake.wait(POLL_SECONDS)
        deaf()

    def _read(self) -> list[Frame]:
        try:
            return [Frame.of(row) for row in self.ledger.read(self._position, PAGE)]
        except Exception:
            logger.exception("the log cannot be read; the feed will try again")
            return []

    def _end_all(self) -> None:
        for client in tuple(self._open):
            client.end()


def _reset(position: int) -> bytes:
    """The client is dropped: let it read the tables again, and follow from a position of its own."""
    return format_sse_event(event="reset", data_str=f'{{"position":{position}}}')
