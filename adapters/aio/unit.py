"""A unit of work of asyncio: its steps are taken in threads, one after the other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TypeVar

from workledger.adapters.aio.threads import Threads
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import Receipt
from workledger.domain.kernel.unit import Unit

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")


class StepCancelled(Exception):
    """A step of the unit was cancelled, so nothing of it is recorded."""


class AsyncUnit:
    """Several aggregates, appended atomically when the block ends; see `Unit`."""

    def __init__(self, unit: Unit, threads: Threads) -> None:
        self._unit, self._threads = unit, threads
        self._turn = asyncio.Lock()
        self.cancelled = False
        """Whether a step was cancelled: its thread may still be at it."""

    @property
    def receipt(self) -> Receipt | None:
        """How far the append reached; None before the block has ended."""
        return self._unit.receipt

    async def create(self, new: New[A], *, at: datetime | None = None) -> A:
        """Begin an aggregate."""
        return await self._step(lambda: self._unit.create(new, at=at))

    async def decide(self, decision: Callable[[Unit], S]) -> S:
        """Take a decision with the unit, in a thread: `await unit.decide(lambda unit: unit.edit(Task, id).queue())`.

        On a conflict it is taken again on the current state, when the block ends.

        Raises:
            Refused: what it decides is refused.
        """
        return await self._step(lambda: self._unit.decide(lambda: decision(self._unit)))

    async def get(self, kind: type[A], id: str) -> A:
        """The aggregate as it is in this unit. The append relies on it: it conflicts when another writer changes it.

        Raises:
            NotFound: there is none, or it is deleted.
        """
        return await self._step(lambda: self._unit.state(kind, id))

    async def _step(self, step: Callable[[], S]) -> S:
        async with self._turn:
            try:
                return await self._threads.run(step)
            except asyncio.CancelledError:
                self.cancelled = True
                raise


@asynccontextmanager
async def unit_of(
    ledger: Ledger, threads: Threads, command_id: str | None, digest: str | None = None
) -> AsyncIterator[AsyncUnit]:
    """A unit of work of the ledger, which is appended in a thread when the block ends.

    Raises:
        StepCancelled: one of its steps was cancelled, and the block went on; nothing is recorded.
    """
    recording = ledger.unit(command_id, digest=digest)
    unit = AsyncUnit(recording.__enter__(), threads)
    try:
        yield unit
        if unit.cancelled:
            raise StepCancelled
    except Refused as refused:
        if not await threads.run(recording.__exit__, type(refused), refused, refused.__traceback__):
            raise
    except BaseException as error:
        recording.__exit__(type(error), error, error.__traceback__)  # it waits for nothing
        raise
    else:
        await threads.run(recording.__exit__, None, None, None)
