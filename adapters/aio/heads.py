"""The head of the log for all who follow it: looked at once for all of them, after appends and now and then."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

from workledger.adapters.aio.threads import Threads
from workledger.adapters.bootstrap import Workledger
from workledger.adapters.database import DatabaseBusy, DatabaseUnreachable
from workledger.adapters.failures import refusal_of
from workledger.domain.kernel.refusals import Refused

POLL_SECONDS = 0.15
"""Between looks, for what other processes append without waking us."""

PAUSE_SECONDS = 1.0
"""Between attempts while the database is away."""

T = TypeVar("T")

logger = logging.getLogger(__name__)


class Heads:
    """Looks at the head of the log for as long as anybody follows it."""

    def __init__(self, ledger: Workledger, threads: Threads) -> None:
        self._ledger, self._threads = ledger, threads
        self._followers = 0
        self._head = 0
        self._failure: Exception | None = None
        self._over = False
        self._watching: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Somebody follows during the block."""
        self._followers += 1
        if self._watching is None:
            self._failure = None
            self._watching = asyncio.create_task(self._watch(), name="workledger-heads")
        try:
            yield
        finally:
            self._followers -= 1
            if not self._followers:
                self._watching.cancel()
                self._watching = None

    async def beyond(self, position: int) -> int | None:
        """The head, once it is beyond a position; None when the ledger is closed before."""
        while self._head <= position and not self._over:
            if self._failure is not None:
                raise self._failure
            await self._moved.wait()
        return None if self._over else self._head

    def close(self) -> None:
        """Let go of all who follow."""
        self._over = True
        self._move()

    async def _watch(self) -> None:
        awake, loop = asyncio.Event(), asyncio.get_running_loop()
        deaf = self._ledger.listen(_waker(loop, awake))
        try:
            while True:
                awake.clear()
                head = await patiently(self._threads, self._ledger.head)
                if head > self._head:
                    self._head = head
                    self._move()
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await awake.wait()
        except Exception as error:
            self._failure = error
            self._move()
        finally:
            deaf()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


async def patiently(threads: Threads, read: Callable[[], T]) -> T:
    """What a look into the log gives, tried again while the database is away."""
    while True:
        try:
            return await threads.run(read)
        except Exception as error:
            refusal = error if isinstance(error, Refused) else refusal_of(error)
            if not isinstance(refusal, DatabaseUnreachable | DatabaseBusy):
                raise
            logger.warning("the log cannot be read, and will be tried again: %s", refusal)
            await asyncio.sleep(PAUSE_SECONDS)


def _waker(loop: asyncio.AbstractEventLoop, awake: asyncio.Event) -> Callable[[int], None]:
    def wake(position: int) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody follows any more
            loop.call_soon_threadsafe(awake.set)

    return wake
