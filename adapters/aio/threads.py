"""Threads: a bounded pool in which calls wait for the database, so that the event loop need not."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar

from workledger.adapters.database import DatabaseClosed

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """At most so many threads, which are started when they are needed.

    A call that is cancelled before a thread has taken it is not made. One that has begun is finished in its thread,
    whoever waits for it.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._pool = ThreadPoolExecutor(limit, thread_name_prefix=f"workledger-{name}")
        self._calls: set[Future[Any]] = set()

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns or raises; it is called with the context variables of the caller."""
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def submit(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """The call as a future, which is done once a thread has finished it.

        Raises:
            DatabaseClosed: the threads have ended.
        """
        try:
            call = self._pool.submit(partial(copy_context().run, function, *args, **kwargs))
        except RuntimeError:  # it was shut down
            raise DatabaseClosed from None
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call

    async def close(self, last: Callable[[], None] = lambda: None) -> None:
        """Wait until all calls are finished, make a last one, and end the threads."""
        while calls := tuple(self._calls):
            await asyncio.gather(*(asyncio.wrap_future(call) for call in calls), return_exceptions=True)
        try:
            await self.run(last)
        finally:
            self._pool.shutdown()  # no call is under way: the threads end at once

    def leave(self) -> None:
        """End the threads when they have finished the calls that they have begun, without waiting for that."""
        self._pool.shutdown(wait=False, cancel_futures=True)
