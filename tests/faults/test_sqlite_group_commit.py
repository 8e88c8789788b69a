"""Group commit: threads that append at once share transactions, and each has an outcome of its own."""

import random
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import workledger
from support.sqlite_writers import happened
from workledger import Workledger
from workledger.adapters.database import DatabaseFull
from workledger.adapters.sqlite.writer import Writer
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions
from workledger.domain.task import Task

THREADS = 8


@pytest.fixture
def ledger(sqlite_store_url: str) -> Iterator[Workledger]:
    with workledger.open(sqlite_store_url) as ledger:
        yield ledger


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every transaction takes a while, so that others come to wait; when each ended."""
    ended: list[float] = []
    transaction = Writer.transaction

    @contextmanager
    def slow(writer: Writer) -> Iterator[sqlite3.Cursor]:
        with transaction(writer) as cursor:
            yield cursor
            time.sleep(0.02)
        ended.append(time.monotonic())

    monkeypatch.setattr(Writer, "transaction", slow)
    return ended


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call returns, or the error that it raises, in a thread of its own."""
    outcomes: list[Any] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def run(number: int, call: Callable[[], Any]) -> None:
        start.wait()
        try:
            outcomes[number] = call()
        except Exception as error:
            outcomes[number] = error

    threads = [threading.Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def test_appends_that_wait_for_each_other_are_committed_together(ledger: Workledger, transactions: list[float]) -> None:
    def appending(name: str) -> Callable[[], Any]:
        return lambda: [ledger.store.insert_events([happened(f"s-{name}", n)]) for n in range(1, 6)]

    positions = at_once(*(appending(str(number)) for number in range(THREADS)))
    assert sorted(position for own in positions for [position] in own) == list(range(1, 41))
    assert len(transactions) <= 12


def test_each_has_its_own_outcome(ledger: Workledger, transactions: list[float]) -> None:
    store = ledger.store
    store.insert_events([happened("s-0", 1)], conditions=Conditions(command_id="once", claims=[("s-0", Take("name"))]))
    outcomes = at_once(
        lambda: store.insert_events([happened("s-1", 1)]),
        lambda: store.insert_events([happened("s-2", 7)]),
        lambda: store.insert_events([happened("s-3", 1)], conditions=Conditions(command_id="once")),
        lambda: store.insert_events([happened("s-4", 1)], conditions=Conditions(claims=[("s-4", Take("name"))])),
        lambda: store.insert_events([happened("s-5", 1), happened("s-5", 2)]),
        lambda: store.insert_events([happened("s-6", 1), happened("s-0", 1)]),
    )
    assert [type(one) for one in outcomes] == [
        *(range, ConcurrencyConflict, AlreadyDone),
        *(ClaimUnmet, range, ConcurrencyConflict),
    ]
    assert Counter(row.stream_id for row in store.read(0, 100)) == {"s-0": 1, "s-1": 1, "s-5": 2}
    assert store.head() == 4, "positions are drawn for what is stored"


def test_a_disk_that_is_full_fails_each_and_stores_none(ledger: Workledger, transactions: list[float]) -> None:
    ledger.store.insert_events([happened("s-0", 1)])
    connection = ledger.store._writer._connection  # type: ignore[attr-defined]
    connection.execute("pragma max_page_count = 1")
    large = b'"%s"' % (b"x" * 100_000)
    outcomes = at_once(*(lambda n=n: ledger.store.insert_events([happened(f"s-{n}", 1, state=large)]) for n in "1234"))
    assert {type(one) for one in outcomes} == {DatabaseFull}
    connection.execute("pragma max_page_count = 1000000")
    assert ledger.head() == 1
    ledger.store.insert_events([happened("s-1", 1)])


def test_units_that_meet_on_one_task_are_decided_one_after_the_other(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Count", metadata={"count": 0}))

    def count() -> None:
        for _ in range(5):
            ledger.decide(
                lambda unit: unit.edit(Task, task.id).change_metadata(
                    metadata={"count": unit.state(Task, task.id).metadata["count"] + 1}
                )
            )

    assert at_once(*[count] * THREADS) == [None] * THREADS
    assert ledger.get(Task, task.id).metadata == {"count": 5 * THREADS}


def test_whatever_threads_do_at_once_might_have_been_done_in_turn(ledger: Workledger) -> None:
    """Every stream has its versions without a gap, and what was refused is not there."""
    told: list[tuple[str, Any]] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        for _ in range(40):
            stream = f"s-{chance.randrange(3)}"
            version = len(ledger.store.read_stream(stream)) + 1
            claims = [(stream, Take(f"key-{chance.randrange(20)}"))] if chance.random() < 0.3 else []
            event = happened(stream, version)
            try:
                ledger.store.insert_events([event], conditions=Conditions(claims=claims))
                told.append((event.event_id, True))
            except (ConcurrencyConflict, ClaimUnmet):
                told.append((event.event_id, False))

    assert at_once(*(lambda number=number: work(number) for number in range(THREADS))) == [None] * THREADS
    rows = ledger.store.read(0, 1000)
    assert {row.event_id for row in rows} == {id for id, stored in told if stored}
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    for stream in ("s-0", "s-1", "s-2"):
        versions = [row.version for row in rows if row.stream_id == stream]
        assert versions == list(range(1, len(versions) + 1))


def test_ctrl_c_ends_the_append_of_the_main_thread_and_of_no_other(
    ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(cursor: sqlite3.Cursor) -> None:
        cursor.execute("insert into workledger values ('half', 'written')")
        raise KeyboardInterrupt

    commits = ledger.store._commits  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        commits.run(interrupted)
    outcomes = at_once(*(lambda n=n: ledger.store.insert_events([happened(f"s-{n}", 1)]) for n in "1234"))
    assert not any(isinstance(one, BaseException) for one in outcomes)
    with ledger.tables.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from workledger where key = 'half'").scalar() == 0


def test_a_refusal_says_what_it_says_alone(ledger: Workledger, transactions: list[float]) -> None:
    ledger.create(Task.create(id="t", title="One"))
    outcomes = at_once(*(lambda: ledger.create(Task.create(id="t", title="Two")) for _ in range(4)))
    assert {(type(one), getattr(one, "code", None)) for one in outcomes} == {
        (ConcurrencyConflict, "CONCURRENCY_CONFLICT")
    }
    assert all(isinstance(one, Refused) for one in outcomes)
