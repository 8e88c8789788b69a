"""Many writers at once: nothing is lost, nothing is written twice, and no reader skips anything."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import workledger
from support import writers
from workledger import Workledger
from workledger.domain.agent_log import append_chunk
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, Conditions, Stored
from workledger.domain.task import Task

Work = Callable[[int], object]

STORES = ("memory", "sqlite", "postgres")


def at_once(count: int, work: Work) -> list[object]:
    """What each of so many threads returned or raised, all started by one signal."""
    ready = threading.Barrier(count)

    def run(number: int) -> object:
        ready.wait()
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_of_those_who_race_for_a_version_one_wins(ledger: Workledger) -> None:
    def write(number: int) -> object:
        event = Stored(originator_id="s-1", originator_version=1, topic="s", state=b"{}", event_id=str(number))
        return ledger.store.insert_events([event], conditions=Conditions())

    outcomes = at_once(8, write)
    assert sum(isinstance(one, ConcurrencyConflict) for one in outcomes) == 7, outcomes
    assert len(ledger.read()) == 1


def test_a_racing_pair_of_one_command_id_writes_once(ledger: Workledger) -> None:
    """R4."""

    def write(number: int) -> object:
        event = Stored(originator_id=f"s-{number}", originator_version=1, topic="s", state=b"{}", event_id=str(number))
        return ledger.store.insert_events([event], conditions=Conditions(command_id="once"))

    outcomes = at_once(8, write)
    assert sum(isinstance(one, AlreadyDone) for one in outcomes) == 7, outcomes
    assert len(ledger.read()) == 1


def test_a_tailing_reader_sees_every_event_once_and_in_order(ledger: Workledger) -> None:
    """Six threads write, refused ones among them use up positions, and a reader polls: no event is skipped."""
    count, finished = 40, threading.Event()
    seen: list[tuple[str, int]] = []

    def tail() -> None:
        position = 0
        while True:
            last_round = finished.is_set()
            rows = ledger.store.read(position, 7)
            seen.extend((row.stream_id, row.version) for row in rows)
            assert [row.position for row in rows] == sorted({row.position for row in rows})
            position = rows[-1].position if rows else position
            if last_round and not rows:
                return

    def write(writer: int) -> None:
        for number in range(count):
            with ledger.unit() as unit:
                for _ in range(random.randint(1, 3)):
                    append_chunk(
                        unit, agent_id=f"agt_{writer}", agent_name="Ann", session_number=1, content=f"{number}"
                    )
            if number % 10 == 0:
                event = Stored(originator_id=f"agent_log-agt_{writer}:1", originator_version=1, topic="s", state=b"{}")
                with pytest.raises(ConcurrencyConflict):
                    ledger.store.insert_events([event], conditions=Conditions())

    with ThreadPoolExecutor(1) as reader:
        tailing = reader.submit(tail)
        outcomes = at_once(6, write)
        finished.set()
        tailing.result(60)
    assert outcomes == [None] * 6
    assert seen == [(row.stream_id, row.version) for row in ledger.read(limit=10_000)]
    for writer in range(6):
        versions = [version for stream, version in seen if stream == f"agent_log-agt_{writer}:1"]
        assert versions == list(range(1, len(versions) + 1))
        assert len(versions) >= count


def test_a_reader_skips_nothing_while_other_processes_write(database_url: str) -> None:
    with (
        workledger.open(database_url) as ledger,
        writers.running(writers.write_tasks, database_url, 60) as (one, said_one),
        writers.running(writers.write_tasks, database_url, 60) as (two, said_two),
    ):
        seen: list[str] = []
        while len(seen) < 120 and (one.is_alive() or two.is_alive() or ledger.head() > len(seen)):
            rows = ledger.read(after=len(seen), limit=5)
            assert [row.position for row in rows] == list(range(len(seen) + 1, len(seen) + len(rows) + 1))
            seen += [row.stream_id.removeprefix("task-") for row in rows]
        writers.finish(one)
        writers.finish(two)
        first, second = writers.heard(said_one), writers.heard(said_two)
    assert sorted(seen) == sorted(first + second)
    assert [id for id in seen if id in set(first)] == first


def test_what_a_killed_writer_was_told_is_there_and_nothing_is_half_written(database_url: str) -> None:
    """kill -9 in the middle of appends of three streams at once."""
    acknowledged: list[tuple[str, str]] = []
    workledger.open(database_url).close()
    for delay in (0.05, 0.2, 0.35):
        with writers.running(writers.write_pairs, database_url) as (process, said):
            assert said.poll(60)
            process.join(delay)
            writers.kill(process)
            acknowledged += writers.heard(said)
    with workledger.open(database_url) as ledger:
        rows = ledger.read(limit=100_000)
        triples = [rows[start : start + 3] for start in range(0, len(rows), 3)]
        for left, right, chunk in triples:
            ids = [row.stream_id.removeprefix("task-") for row in (left, right)]
            assert f'"{ids[0]} {ids[1]}"' in chunk.data
        stored = [row.stream_id.removeprefix("task-") for row in rows if row.topic == "task.created"]
        assert set(stored) >= {id for pair in acknowledged for id in pair}
        assert len(triples) <= len(acknowledged) + 3, "at most one append of each writer was not answered"
        assert ledger.create(Task.create(title="Life goes on")).version == 1
