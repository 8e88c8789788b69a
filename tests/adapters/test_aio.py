"""The ledger of asyncio: the same rules, no call on the event loop, and nothing left when a task is cancelled."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

import workledger
from workledger import AsyncLedger, Unit, Workledger
from workledger.adapters.aio.unit import StepCancelled
from workledger.domain.kernel.refusals import ConcurrencyConflict, NotFound
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.projections import tasks

PATIENCE = 60.0
"""Seconds after which something never happens."""


@asynccontextmanager
async def facade(ledger: Workledger, threads: int = 4) -> AsyncIterator[AsyncLedger]:
    served = AsyncLedger(ledger, threads=threads)
    try:
        yield served
    finally:
        await served.close()


def of_aio() -> set[str]:
    """Our threads that there are."""
    return {one.name for one in threading.enumerate() if one.name.startswith(("workledger-aio", "workledger-follow"))}


class Held:
    """Appends that wait in the store until they are let go."""

    def __init__(self, ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
        self.began, self.go = threading.Semaphore(0), threading.Event()
        self.threads: set[int] = set()
        insert = ledger.store.insert_events

        def slowly(*args: Any, **kwargs: Any) -> Any:
            self.threads.add(threading.get_ident())
            self.began.release()
            assert self.go.wait(PATIENCE), "the event loop was blocked"
            return insert(*args, **kwargs)

        monkeypatch.setattr(ledger.store, "insert_events", slowly)

    async def begun(self, count: int = 1) -> None:
        """Wait until so many more have begun."""
        for _ in range(count):
            while not self.began.acquire(blocking=False):
                await asyncio.sleep(0.001)


async def use(url: str) -> None:
    async with workledger.aopen(url, project="inline") as ledger:
        with ledger.acting_as("user:ann", correlation_id="request-17"):
            project = await ledger.create(Project.create(name="Shop"))
            task = await ledger.create(Task.create(title="Fix the till", project_id=project.id), command_id="once")
            again = Task.create(title="Fix the till", project_id=project.id)
            assert await ledger.create(again, command_id="once") == task
        assert await ledger.get(Task, task.id) == task
        assert await ledger.find(Task, "nosuch") is None
        with pytest.raises(NotFound):
            await ledger.get(Task, "nosuch")
        board = await ledger.query(tasks.board, project.id)
        assert [card["title"] for card in board["backlog"]] == ["Fix the till"]
        [created] = await ledger.history(Task, task.id)
        assert (created.actor, created.correlation_id) == ("user:ann", "request-17")
        assert [row.position for row in await ledger.read(topics=["task.created"])] == [2]
        assert await ledger.head() == await ledger.catch_up() == 2


def test_it_is_opened_used_and_closed(database_url: str) -> None:
    before = set(threading.enumerate())
    asyncio.run(use(database_url))
    assert set(threading.enumerate()) <= before


def test_the_loop_is_never_blocked(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when any part of an append runs on the event loop: the append waits until the loop has ticked on."""
    held = Held(ledger, monkeypatch)

    async def record(served: AsyncLedger) -> None:
        async with served.unit() as unit:
            await unit.create(Task.create(title="Sweep"))

    async def ticking(write: Callable[[AsyncLedger], Awaitable[object]]) -> None:
        async with facade(ledger) as served:
            writing = asyncio.ensure_future(write(served))
            await held.begun()
            for _ in range(100):
                await asyncio.sleep(0)
            held.go.set()
            await writing

    writes: list[Callable[[AsyncLedger], Awaitable[object]]] = [
        lambda served: served.create(Task.create(title="Sweep")),
        lambda served: served.decide(lambda unit: unit.create(Task.create(title="Sweep"))),
        record,
    ]
    for write in writes:
        held.go.clear()
        asyncio.run(ticking(write))
    assert threading.get_ident() not in held.threads


def test_many_tasks_write_in_a_few_threads_each_on_behalf_of_its_own_actor(ledger: Workledger) -> None:
    async def write(served: AsyncLedger, number: int) -> None:
        with served.acting_as(f"user:{number}"):
            await asyncio.sleep(0)
            await served.create(Task.create(id=f"t{number}", title="Sweep"))

    async def all_of_them() -> set[str]:
        async with facade(ledger, threads=3) as served:
            await asyncio.gather(*(write(served, number) for number in range(40)))
            return of_aio()

    assert len(asyncio.run(all_of_them())) <= 3
    assert of_aio() == set()
    assert {row.stream_id: row.actor for row in ledger.read()} == {f"task-t{n}": f"user:{n}" for n in range(40)}


def test_decisions_of_many_tasks_about_one_aggregate_lose_no_update(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Sweep"))

    async def label(served: AsyncLedger, name: str) -> None:
        def decision(unit: Unit) -> None:
            draft = unit.edit(Task, task.id)
            draft.change_labels(labels=(*draft.labels, name))

        await served.decide(decision)

    async def all_of_them() -> None:
        async with facade(ledger) as served:
            await asyncio.gather(*(label(served, f"l{number}") for number in range(10)))

    asyncio.run(all_of_them())
    assert set(ledger.get(Task, task.id).labels) == {f"l{number}" for number in range(10)}


def test_a_unit_is_one_append(ledger: Workledger) -> None:
    async def record() -> object:
        async with facade(ledger) as served, served.unit("once") as unit:
            project = await unit.create(Project.create(name="Shop"))
            task = await unit.create(Task.create(title="Fix the till", project_id=project.id))
            await unit.decide(lambda unit: unit.edit(Task, task.id).queue())
            assert (await unit.get(Task, task.id)).queued
            assert unit.receipt is None
        assert unit.receipt is not None
        return list(unit.receipt.positions)

    assert asyncio.run(record()) == [1, 2, 3]


def test_what_a_unit_read_binds_it(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Sweep", labels=("a",)))

    async def record() -> None:
        async with facade(ledger) as served, served.unit() as unit:
            labels = (await unit.get(Task, task.id)).labels
            with ledger.edit(Task, task.id) as draft:
                draft.change_labels(labels=("b",))
            await unit.decide(lambda unit: unit.edit(Task, task.id).change_labels(labels=(*labels, "c")))

    with pytest.raises(ConcurrencyConflict):
        asyncio.run(record())
    assert ledger.get(Task, task.id).labels == ("b",)


def test_an_error_in_a_unit_records_nothing_and_what_was_recorded_before_is_not_refused(ledger: Workledger) -> None:
    async def record(command_id: str | None, id: str) -> object:
        async with facade(ledger) as served, served.unit(command_id) as unit:
            await unit.decide(lambda unit: unit.edit(Task, id).queue())
        return unit.receipt

    with pytest.raises(NotFound):
        asyncio.run(record(None, "nosuch"))
    task = ledger.create(Task.create(title="Sweep"), command_id="once")
    receipt: Any = asyncio.run(record("once", "nosuch"))
    assert (receipt.repeated, list(receipt.positions)) == (True, [1])
    assert ledger.head() == ledger.get(Task, task.id).version == 1


def test_a_call_that_is_cancelled_before_a_thread_takes_it_is_not_made(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has begun is finished: what it records is recorded."""
    held = Held(ledger, monkeypatch)

    async def cancel() -> None:
        async with facade(ledger, threads=1) as served:
            first = asyncio.ensure_future(served.create(Task.create(id="first", title="Sweep")))
            await held.begun()
            second = asyncio.ensure_future(served.create(Task.create(id="second", title="Sweep")))
            await asyncio.sleep(0)
            for task in (second, first):
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            held.go.set()

    asyncio.run(cancel())
    assert [row.stream_id for row in ledger.read()] == ["task-first"]
    assert of_aio() == set()


def test_a_unit_whose_step_was_cancelled_is_not_recorded(ledger: Workledger) -> None:
    begun, go = threading.Event(), threading.Event()

    def slowly(unit: Unit) -> None:
        unit.create(Task.create(title="Dust"))
        begun.set()
        assert go.wait(PATIENCE)

    async def record() -> None:
        async with facade(ledger) as served, served.unit() as unit:
            await unit.create(Task.create(title="Sweep"))
            step = asyncio.ensure_future(unit.decide(slowly))
            while not begun.is_set():
                await asyncio.sleep(0.001)
            step.cancel()
            with pytest.raises(asyncio.CancelledError):
                await step
            go.set()

    with pytest.raises(StepCancelled):
        asyncio.run(record())
    assert ledger.head() == 0


def test_what_nobody_waits_for_any_more_is_closed_once_it_is_open(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, go, begun = threading.Event(), threading.Event(), threading.Event()
    initialise, close = Workledger.__init__, Workledger.close

    def slowly(self: Workledger, *args: Any, **kwargs: Any) -> None:
        begun.set()
        assert go.wait(PATIENCE)
        initialise(self, *args, **kwargs)

    monkeypatch.setattr(Workledger, "__init__", slowly)
    monkeypatch.setattr(Workledger, "close", lambda self: (close(self), closed.set()))

    async def give_up() -> None:
        async def opening() -> None:
            async with workledger.aopen(f"sqlite:///{tmp_path}/work.db"):
                raise AssertionError("nobody waits for it")

        task = asyncio.ensure_future(opening())
        while not begun.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go.set()

    asyncio.run(give_up())
    assert closed.wait(PATIENCE)


def test_a_database_that_cannot_be_opened_is_refused_as_ever() -> None:
    async def opening() -> None:
        async with workledger.aopen("mysql://host/name"):
            raise AssertionError("it is opened")

    with pytest.raises(workledger.Refused) as refused:
        asyncio.run(opening())
    assert refused.value.code == "DATABASE_URL_INVALID"
