"""Memory, threads, connections: a rebuild takes as much for a long log as for a short one, a loop no more with time."""

import os
import resource
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import NamedTuple

import orjson
import psycopg
import pytest

import workledger
from support import writers
from support.golden_events import work
from workledger.adapters.schema import COLUMNS
from workledger.adapters.simulation import workload
from workledger.domain.kernel.mapping import encode, format_timestamp
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS

EVENTS, BATCH = 20_000, 4_000
ROUNDS, WARM_UP = 300, 60
OURS = """select count(*) from pg_stat_activity
where datname = current_database() and application_name like 'workledger%'"""


def simulated(count: int) -> Iterator[tuple[object, ...]]:
    """Rows of the log, as teams of agents would write them."""
    versions: dict[str, int] = {}
    for position, one in enumerate(islice(workload.events("memory"), count), 1):
        stream = one.kind.stream(one.id)
        versions[stream] = versions.get(stream, 0) + 1
        envelope = (one.event.TOPIC, one.event.VERSION, format_timestamp(one.at), one.actor, "x", None, None, None)
        yield (
            position,
            stream,
            versions[stream],
            *envelope,
            orjson.dumps(one.tags).decode(),
            encode(one.event).decode(),
        )


def rebuild(pipe: Connection, url: str) -> None:
    """Rebuild everything, and say how many megabytes that took."""
    with workledger.open(url) as ledger:
        Rebuild(ledger.store, ledger.tables, GROUPS, batch=BATCH).run()
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


@pytest.fixture(scope="module")
def events() -> list[tuple[object, ...]]:
    return list(simulated(4 * EVENTS))


def test_four_times_the_events_take_no_more_memory(tmp_path: Path, events: list[tuple[object, ...]]) -> None:
    """17. Proves that a rebuild holds a few batches at a time: it fails when `LogReader` reads everything that there is
    before it gives the first batch, or when what was written is kept."""
    peaks = []
    for count in (EVENTS, 4 * EVENTS):
        file = tmp_path / f"{count}.db"
        workledger.open(f"sqlite:///{file}").close()
        with sqlite3.connect(file) as database:
            marks = ", ".join("?" * len(COLUMNS))
            database.executemany(f"insert into events ({', '.join(COLUMNS)}) values ({marks})", events[:count])
        database.close()
        with writers.running(rebuild, f"sqlite:///{file}") as (process, said):
            peaks.append(said.recv())
            writers.finish(process)
    few, many = peaks
    assert many < few * 1.2, peaks


class Sample(NamedTuple):
    threads: int
    files: int
    megabytes: float


def soak(pipe: Connection, urls: list[str]) -> None:
    """Append and follow so many batches, and say how it was after each of them."""
    with ExitStack() as stack:
        ledgers, loops = [stack.enter_context(workledger.open(url)) for url in urls], list[ProjectorLoop]()
        for ledger in ledgers:
            loops.append(loop := ProjectorLoop(ledger.projector))
            ledger.listen(loop.wake)
            loop.start()
            stack.callback(loop.stop)
        for number in range(WARM_UP + ROUNDS):
            for ledger, loop in zip(ledgers, loops, strict=True):
                work(ledger, 1, number)
                loop.wake()
                assert loop.wait_for(ledger.head(), 60)
            if number >= WARM_UP:
                pipe.send(Sample(threading.active_count(), len(os.listdir("/proc/self/fd")), megabytes()))
        pipe.send(None)


def megabytes() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def test_a_loop_that_follows_for_a_while_takes_no_more_by_and_by(sqlite_url: str, postgres_store_url: str) -> None:
    """19, 23. Proves that nothing is left over of a batch: no thread, no connection, no rows. It fails when every batch
    opens a connection of its own, or what has been folded is kept."""
    samples, connected = list[Sample](), list[int]()
    with (
        psycopg.connect(postgres_store_url, autocommit=True) as watching,
        writers.running(soak, [sqlite_url, postgres_store_url]) as (process, said),
    ):
        while (sample := said.recv()) is not None:
            samples.append(sample)
            if len(samples) % 20 == 0:
                [count] = watching.execute(OURS).fetchone() or [0]
                connected.append(count)
        writers.finish(process)
    first, second = samples[: len(samples) // 2], samples[len(samples) // 2 :]
    assert len(samples) == ROUNDS
    assert max(one.threads for one in second) <= max(one.threads for one in first)
    assert max(one.files for one in second) <= max(one.files for one in first)
    assert max(connected[len(connected) // 2 :]) <= max(connected[: len(connected) // 2])
    assert median(one.megabytes for one in second) < 1.1 * median(one.megabytes for one in first)
