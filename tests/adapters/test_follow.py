"""Following the log with asyncio: every event in order, none left out and none twice, from any position on."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

import workledger
from support.stores import append, happened
from workledger import AsyncLedger, Refused, Workledger
from workledger.adapters.aio import heads
from workledger.adapters.database import DatabaseBusy, DatabaseFailed
from workledger.domain.kernel.refusals import UnknownTopic
from workledger.domain.project import Project
from workledger.domain.task import Task

PATIENCE = 60.0
"""Seconds after which something never happens."""


def record(ledger: Workledger, count: int, **details: Any) -> None:
    for _ in range(count):
        ledger.create(Task.create(title="Sweep", **details))


async def positions(served: AsyncLedger, count: int, after: int | None = 0, **wanted: Any) -> list[int]:
    """The positions of the next so many events."""
    found: list[int] = []
    async with asyncio.timeout(PATIENCE), aclosing(served.follow(after, **wanted)) as events:
        async for event in events:
            found.append(event.position)
            if len(found) == count:
                return found
    return found


def following(ledger: Workledger, count: int, after: int | None = 0, **wanted: Any) -> list[int]:
    async def follow() -> list[int]:
        served = AsyncLedger(ledger)
        try:
            return await positions(served, count, after, **wanted)
        finally:
            await served.close()

    return asyncio.run(follow())


def test_followers_see_every_event_once_and_in_order_while_others_append(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workledger.adapters.aio.ledger.PAGE", 7)
    record(ledger, 20)
    writers = [threading.Thread(target=record, args=(ledger, 25)) for _ in range(4)]

    async def follow() -> list[list[int]]:
        served = AsyncLedger(ledger)
        try:
            following = [asyncio.ensure_future(positions(served, 120 - after, after)) for after in (0, 3, 20, 20)]
            for writer in writers:
                writer.start()
            return await asyncio.gather(*following)
        finally:
            await served.close()

    seen = asyncio.run(follow())
    for writer in writers:
        writer.join()
    log = [row.position for row in ledger.read()]
    assert seen == [log, log[3:], log[20:], log[20:]]


def test_an_append_wakes_who_follows(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails when only the next look finds the event: there is none in this test."""
    monkeypatch.setattr(heads, "POLL_SECONDS", 3600)

    async def follow() -> None:
        served = AsyncLedger(ledger)
        following = asyncio.ensure_future(positions(served, 3))
        for _ in range(3):
            await served.create(Task.create(title="Sweep"))
        assert await following == [1, 2, 3]
        await served.close()

    asyncio.run(follow())


def test_what_another_ledger_appends_is_found(database_url: str) -> None:
    with workledger.open(database_url) as one, workledger.open(database_url) as other:

        async def follow() -> list[int]:
            served = AsyncLedger(one)
            following = asyncio.ensure_future(positions(served, 2))
            await asyncio.sleep(0)
            await asyncio.to_thread(record, other, 2)
            found = await following
            await served.close()
            return found

        assert asyncio.run(follow()) == [1, 2]


def test_who_names_no_position_sees_what_comes_from_now_on(ledger: Workledger) -> None:
    record(ledger, 3)

    async def follow() -> list[int]:
        served = AsyncLedger(ledger)
        async with aclosing(served.follow()) as events:
            first = asyncio.ensure_future(anext(events))
            while not ledger._listeners:
                await asyncio.sleep(0.001)
            await served.create(Task.create(title="Sweep"))
            event = await first
        await served.close()
        return [event.position]

    assert asyncio.run(follow()) == [4]


def test_it_goes_on_where_it_was_after_a_restart(database_url: str) -> None:
    with workledger.open(database_url) as ledger:
        record(ledger, 5)
        before = following(ledger, 3)
    with workledger.open(database_url) as ledger:
        record(ledger, 2)
        assert before + following(ledger, 4, after=before[-1]) == [1, 2, 3, 4, 5, 6, 7]


def test_only_some_topics_or_what_an_id_is_found_by(ledger: Workledger) -> None:
    project = ledger.create(Project.create(name="Shop"))
    record(ledger, 2)
    record(ledger, 2, project_id=project.id)
    assert following(ledger, 1, topics=["project.created"]) == [1]
    assert following(ledger, 4, topics=["task.created"]) == [2, 3, 4, 5]
    assert following(ledger, 3, tag=("project", project.id)) == [1, 4, 5]


def test_no_more_is_read_than_a_page_ahead_of_who_is_slow(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workledger.adapters.aio.ledger.PAGE", 10)
    record(ledger, 35)
    pages: list[int] = []
    read = ledger.read

    def counted(after: int, *args: Any, **kwargs: Any) -> Any:
        pages.append(after)
        return read(after, *args, **kwargs)

    monkeypatch.setattr(ledger, "read", counted)

    async def follow() -> None:
        served = AsyncLedger(ledger)
        async with aclosing(served.follow(0)) as events:
            for position in range(1, 12):
                assert (await anext(events)).position == position
                await asyncio.sleep(0.005)
                assert pages == ([0] if position <= 10 else [0, 10])
        await served.close()

    asyncio.run(follow())


def test_twenty_who_wait_look_at_the_log_once(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "POLL_SECONDS", 3600)
    looks: list[str] = []
    head = ledger.head
    monkeypatch.setattr(ledger, "head", lambda: (looks.append(threading.current_thread().name), head())[1])

    async def follow() -> None:
        served = AsyncLedger(ledger)
        following = [asyncio.ensure_future(positions(served, 5)) for _ in range(20)]
        for _ in range(5):
            await served.create(Task.create(title="Sweep"))
        assert await asyncio.gather(*following) == [[1, 2, 3, 4, 5]] * 20
        await served.close()

    asyncio.run(follow())
    each_begins, one_watches = 20, 1 + 5
    assert len([name for name in looks if name.startswith("workledger-follow")]) <= each_begins + one_watches


def test_who_is_cancelled_leaves_nothing_behind(database_ledger: Workledger) -> None:
    async def follow() -> None:
        served = AsyncLedger(database_ledger)
        following = [asyncio.ensure_future(positions(served, 100)) for _ in range(5)]
        await served.create(Task.create(title="Sweep"))
        while not database_ledger._listeners:
            await asyncio.sleep(0.001)
        for task in following:
            task.cancel()
        assert all(isinstance(one, asyncio.CancelledError) for one in await gathered(*following))
        await asyncio.sleep(0)
        assert database_ledger._listeners == []
        assert {task.get_name() for task in asyncio.all_tasks()} & {"workledger-heads"} == set()
        await served.close()

    asyncio.run(follow())
    assert not [one for one in threading.enumerate() if one.name.startswith(("workledger-aio", "workledger-follow"))]
    assert checked_out(database_ledger) == 0


async def gathered(*tasks: "asyncio.Future[Any]") -> list[Any]:
    return await asyncio.gather(*tasks, return_exceptions=True)


def checked_out(ledger: Workledger) -> int:
    """Connections of the pool that somebody has."""
    pool: Any = ledger.tables.engine.pool
    return int(pool.checkedout())


def test_closing_the_ledger_ends_who_follows(ledger: Workledger) -> None:
    record(ledger, 2)

    async def follow() -> list[int]:
        served = AsyncLedger(ledger)
        following = asyncio.ensure_future(positions(served, 100))
        while not ledger._listeners:
            await asyncio.sleep(0.001)
        await served.close()
        return await following

    assert asyncio.run(follow()) in ([], [1, 2])


def test_a_position_beyond_the_log_is_refused(ledger: Workledger) -> None:
    """Waiting there would leave out all that comes until then: the log is another one, or was restored."""
    record(ledger, 2)
    with pytest.raises(Refused, match="the log ends at 2, before 3"):
        following(ledger, 1, after=3)


def test_an_unknown_topic_ends_it_after_all_that_came_before(ledger: Workledger) -> None:
    record(ledger, 2)
    append(ledger.store, happened("sample-1"))
    record(ledger, 1)
    seen: list[int] = []

    async def follow() -> None:
        served = AsyncLedger(ledger)
        try:
            async for event in served.follow(0):
                seen.append(event.position)
        finally:
            await served.close()

    with pytest.raises(UnknownTopic):
        asyncio.run(follow())
    assert seen == [1, 2]


@pytest.mark.parametrize("method", ["head", "read"])
def test_while_the_database_is_away_it_is_tried_again(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(heads, "PAUSE_SECONDS", 0.001)
    record(ledger, 3)
    monkeypatch.setattr(ledger, method, away(getattr(ledger, method), DatabaseBusy(), times=3))
    assert following(ledger, 3) == [1, 2, 3]


def test_another_failure_ends_it(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    record(ledger, 3)
    monkeypatch.setattr(ledger, "head", away(ledger.head, DatabaseFailed(reason="it is broken"), times=99, after=1))
    with pytest.raises(DatabaseFailed, match="it is broken"):
        following(ledger, 4)


def away(read: Callable[..., Any], error: Exception, *, times: int, after: int = 0) -> Callable[..., Any]:
    """It fails so many times, after it has not."""
    calls = iter([None] * after + [error] * times)

    def call(*args: Any, **kwargs: Any) -> Any:
        if (failure := next(calls, None)) is not None:
            raise failure
        return read(*args, **kwargs)

    return call
