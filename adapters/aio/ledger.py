"""The ledger as asyncio uses it: the same calls, awaited, and the log as an endless iterator."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Concatenate, Literal, ParamSpec, TypeVar, overload

from workledger.adapters.aio.heads import Heads, patiently
from workledger.adapters.aio.threads import Threads
from workledger.adapters.aio.unit import AsyncUnit, unit_of
from workledger.adapters.bootstrap import Workledger
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.envelope import Recorded, Row
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Policy
from workledger.domain.kernel.refusals import InvalidInput, UnknownTopic
from workledger.domain.kernel.unit import Unit
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.tables import ReadTables
from workledger.projections.groups import GROUPS

if TYPE_CHECKING:
    from workledger.adapters.redaction import Redact

A = TypeVar("A", bound=Aggregate)
P = ParamSpec("P")
S = TypeVar("S")
T = TypeVar("T")

THREADS = 8
"""Calls that may wait for the database at a time; more of them wait for a thread."""

PAGE = 500
"""Events read ahead of one who follows."""


class AsyncLedger:
    """A ledger for asyncio. Each call is made in a thread of a bounded pool, on behalf of whom the task acts.

    Once a thread has taken a call, it is finished even if the task is cancelled: what it records is recorded, all or
    nothing. Give a `command_id` to whatever may be repeated.

    Args:
        ledger: one that is open; it stays the caller's to close, after `close()`.
        threads: at most so many calls are made at a time.

    Attributes:
        sync: the ledger itself, for threads, and for what is made of one, such as `create_app`.
    """

    def __init__(self, ledger: Workledger, *, threads: int = THREADS) -> None:
        self.sync = ledger
        self._threads, self._reader = Threads("aio", threads), Threads("follow", 1)
        self._heads = Heads(ledger, self._reader)

    async def create(self, new: New[A], *, command_id: str | None = None) -> A:
        """See `Ledger.create`."""
        return await self.call(self.sync.create, new, command_id=command_id)

    @overload
    async def decide(self, decision: Callable[[Unit], S]) -> S: ...

    @overload
    async def decide(
        self, decision: Callable[[Unit], S], *, command_id: str | None, digest: str | None = None
    ) -> S | None: ...

    async def decide(
        self, decision: Callable[[Unit], S], *, command_id: str | None = None, digest: str | None = None
    ) -> S | None:
        """See `Ledger.decide`. The decision is called in a thread: it is a plain function and may be called again."""
        return await self.call(self.sync.decide, decision, command_id=command_id, digest=digest)

    def unit(
        self, command_id: str | None = None, *, digest: str | None = None
    ) -> AbstractAsyncContextManager[AsyncUnit]:
        """Several aggregates, appended atomically when the block ends; see `Ledger.unit`."""
        return unit_of(self.sync, self._threads, command_id, digest)

    async def get(self, kind: type[A], id: str, *, version: int | None = None, at: datetime | None = None) -> A:
        """See `Ledger.get`."""
        return await self.call(self.sync.get, kind, id, version=version, at=at)

    async def find(self, kind: type[A], id: str) -> A | None:
        """See `Ledger.find`."""
        return await self.call(self.sync.find, kind, id)

    async def history(self, kind: type[Aggregate], id: str) -> list[Recorded]:
        """See `Ledger.history`."""
        return await self.call(self.sync.history, kind, id)

    async def read(
        self, after: int = 0, limit: int = 1000, *, topics: Sequence[str] = (), tag: tuple[str, str] | None = None
    ) -> Sequence[Row]:
        """See `Ledger.read`."""
        return await self.call(self.sync.read, after, limit, topics=topics, tag=tag)

    async def head(self) -> int:
        """See `Ledger.head`."""
        return await self.call(self.sync.head)

    async def catch_up(self) -> int:
        """See `Workledger.catch_up`."""
        return await self.call(self.sync.catch_up)

    async def query(self, question: Callable[Concatenate[ReadTables, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a query function answers about the read tables: `await ledger.query(tasks.board, project.id)`."""
        return await self.call(question, self.sync.tables, *args, **kwargs)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call any function in a thread of the pool, such as one of the ledger's own methods."""
        return await self._threads.run(function, *args, **kwargs)

    def acting_as(
        self, actor: str | None = None, *, correlation_id: str | None = None, causation_id: str | None = None
    ) -> AbstractContextManager[None]:
        """Everything this task records inside carries this actor (`user:ann`) and these ids; see `Ledger.acting_as`."""
        return self.sync.acting_as(actor, correlation_id=correlation_id, causation_id=causation_id)

    async def follow(
        self, after: int | None = None, *, topics: Sequence[str] = (), tag: tuple[str, str] | None = None
    ) -> AsyncIterator[Recorded]:
        """All events after a position as they come, without end: in order, none left out, none twice.

        Events are read from the log a page at a time, as they are taken: who is slow holds up nobody, and nothing
        piles up. While the database is away it is tried again. To go on after a restart, keep the `position` of the
        last event that was dealt with.

        Args:
            after: the end of the log, unless given.
            topics, tag: only events of these topics, or found by that id, such as ("project", id).

        Raises:
            InvalidInput: VALIDATION_ERROR, the log does not go so far: it is another one, or was restored.
            UnknownTopic: UNKNOWN_TOPIC, the topic is unknown to this release; a newer one may have written the event.
        """
        head = await patiently(self._reader, self.sync.head)
        position = head if after is None else after
        if position > head:
            raise InvalidInput(summary=f"after: the log ends at {head}, before {after}")
        with self._heads.followed():
            while (now := await self._heads.beyond(position)) is not None:
                events, unknown = await patiently(self._reader, partial(self._page, position, now, topics, tag))
                for event in events:
                    yield event
                if unknown is not None:
                    raise unknown
                position = events[-1].position if len(events) == PAGE else now

    async def close(self) -> None:
        """End all who follow, wait for the calls that are under way, and end the threads."""
        await self._close(lambda: None)

    async def _close(self, last: Callable[[], None]) -> None:
        self._heads.close()
        await self._reader.close()
        await self._threads.close(last)

    def _page(
        self, position: int, head: int, topics: Sequence[str], tag: tuple[str, str] | None
    ) -> tuple[list[Recorded], UnknownTopic | None]:
        """The next events, up to one whose topic is not known, if there is one."""
        events: list[Recorded] = []
        for row in self.sync.read(position, PAGE, upto=head, topics=topics, tag=tag):
            try:
                events.append(decode(row))
            except UnknownTopic as unknown:
                return events, unknown
        return events, None


@asynccontextmanager
async def aopen(
    url: str,
    *,
    project: Literal["inline"] | None = None,
    groups: Sequence[Group] = GROUPS,
    policies: Sequence[Policy] | None = None,
    create: bool = True,
    read_only: bool = False,
    redact: "Redact | None" = None,
    threads: int = THREADS,
) -> AsyncIterator[AsyncLedger]:
    """Open a ledger for asyncio, and close it when the block ends; see `open`."""
    opening = Threads("open", 1)
    call = opening.submit(
        Workledger,
        url,
        project=project,
        groups=groups,
        policies=policies,
        create=create,
        read_only=read_only,
        redact=redact,
    )
    try:
        ledger = await asyncio.wrap_future(call)
    except asyncio.CancelledError:
        call.add_done_callback(_close_unwanted)
        raise
    finally:
        opening.leave()
    opened = AsyncLedger(ledger, threads=threads)
    try:
        yield opened
    finally:
        await asyncio.shield(opened._close(ledger.close))


def _close_unwanted(call: "Future[Workledger]") -> None:
    """Nobody waits any more for what was being opened."""
    if not call.cancelled() and call.exception() is None:
        call.result().close()
