"""The tail of the log: one reader for each process, which delivers new events to all subscriptions."""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from weakref import WeakSet

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import format_sse_event

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.frames import Frame, Wanted, cut
from workledger.api.web.log_pages import LogPages
from workledger.api.web.subscription import CHUNK, Subscription
from workledger.domain.kernel.refusals import LimitReached

SUBSCRIPTIONS = 50
"""Feeds at a time (AgentPane's limit, domain.md 4.3)."""

POLL_SECONDS = 0.15
"""Between looks at the log, for what other processes append."""

THREAD = "workledger-feed"
RETRY_MS = 1000
HEARTBEAT = format_sse_event(comment="still here")

logger = logging.getLogger(__name__)


class TooManyFeeds(LimitReached):
    """{limit} feeds are open already; close one, or try again later."""

    code = "RATE_LIMITED"


class Tail:
    """Reads the log for as long as there are subscriptions.

    A subscription first reads the log by itself, from its own position to the end, and then joins the reader.

    Args:
        heartbeat: seconds between signs of life on a feed where nothing happens.
        stopping: asked time and again whether the server is about to stop, as feeds must end before it can.
    """

    def __init__(self, ledger: Workledger, *, heartbeat: float, stopping: Callable[[], bool]) -> None:
        self.ledger, self.heartbeat, self._stopping = ledger, heartbeat, stopping
        self._open: WeakSet[Subscription] = WeakSet()
        self._joined: set[Subscription] = set()
        self._lock = threading.Lock()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = LogPages(ledger, 0)

    @property
    def feeds(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._open)

    async def subscribe(self, wanted: Wanted, after: int | None) -> AsyncIterator[bytes]:
        """Frames of all wanted events after a position (the end of the log, unless given), without gap or double.

        Raises:
            TooManyFeeds: RATE_LIMITED.
        """
        subscription = Subscription(wanted, asyncio.get_running_loop())
        with self._lock:
            if len(self._open) >= SUBSCRIPTIONS:
                raise TooManyFeeds(limit=SUBSCRIPTIONS)
            self._open.add(subscription)
        head = await run_in_threadpool(self.ledger.head)
        return self._frames(subscription, head if after is None else after, head)

    def end(self) -> None:
        """End all feeds with `bye`."""
        with self._lock:
            self._end_all()
        self._awake.set()

    def stop(self) -> None:
        """End all feeds, and wait until the log is no longer read."""
        self.end()
        thread = self._thread
        if thread is not None:
            thread.join()

    async def _frames(self, subscription: Subscription, position: int, head: int) -> AsyncIterator[bytes]:
        try:
            yield format_sse_event(comment="workledger", retry=RETRY_MS)
            if position > head:
                yield _reset(head)
                return
            log = LogPages(self.ledger, position, subscription.wanted)
            joined = False
            while not (joined or subscription.ended):
                for chunk in _chunks(await run_in_threadpool(log.read)):
                    yield chunk
                    await asyncio.sleep(0)  # let the loop say that the client has gone, before more is written
                joined = log.at_end and self._join(subscription, log.position)
            position = log.position
            while not subscription.dropped:
                subscription.awake.clear()
                while frames := subscription.take():
                    # The reader may still deliver what was read before joining it.
                    news = [frame.encoded for frame in frames if frame.position > position]
                    position = max(position, frames[-1].position)
                    if news:
                        yield b"".join(news)
                        await asyncio.sleep(0)
                if subscription.dropped:
                    break
                if subscription.ended:
                    yield format_sse_event(event="bye", data_str="{}")
                    return
                try:
                    await asyncio.wait_for(subscription.awake.wait(), self.heartbeat)
                except TimeoutError:
                    yield HEARTBEAT
            yield _reset(position)
        finally:
            with self._lock:
                self._open.discard(subscription)
                self._joined.discard(subscription)

    def _join(self, subscription: Subscription, position: int) -> bool:
        """Have the events after a position delivered to it; False when the reader is beyond that already."""
        with self._lock:
            if self._thread is not None and self._log.position > position:
                return False
            self._joined.add(subscription)
            if self._thread is None:
                self._log = LogPages(self.ledger, position)
                self._thread = threading.Thread(target=self._run, args=(self._log,), name=THREAD, daemon=True)
                self._thread.start()
            return True

    def _run(self, log: LogPages) -> None:
        unlisten = self.ledger.listen(lambda position: self._awake.set())
        while True:
            self._awake.clear()
            frames = _read(log)
            with self._lock:
                if self._stopping():
                    self._end_all()
                for subscription in self._joined if frames else ():
                    subscription.deliver(frames)
                # Who is dropped no longer counts, though its client may not have read that yet.
                self._open -= {one for one in self._joined if one.dropped}
                self._joined = {one for one in self._joined if not (one.dropped or one.ended)}
                if not self._joined:
                    self._thread = None
                    break
            if log.at_end or not frames:
                self._awake.wait(POLL_SECONDS)
        unlisten()

    def _end_all(self) -> None:
        for subscription in tuple(self._open):
            subscription.end()


def _read(log: LogPages) -> list[Frame]:
    try:
        return log.read()
    except Exception:
        logger.exception("the log cannot be read; the feed will try again")
        return []


def _chunks(page: Iterable[Frame]) -> Iterator[bytes]:
    """A page as it is written: in pieces of a chunk's size, each given up once it is written."""
    frames = deque(page)
    while chunk := cut(frames, CHUNK):
        for _ in chunk:
            frames.popleft()
        yield b"".join(frame.encoded for frame in chunk)


def _reset(position: int) -> bytes:
    """The subscription is dropped: its client may subscribe from that position, or read the tables again."""
    return format_sse_event(event="reset", data_str=f'{{"position":{position}}}')
