"""What tests of SQLite need: other processes that write much, or end in the middle of it, and a count of steps."""

import os
import resource
import signal
import sqlite3
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import pytest

import workledger
from workledger.adapters.sqlite.file import File
from workledger.domain.agent_log import append_chunk
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import Conditions, Stored
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task


def happened(stream: str, version: int = 0, **fields: Any) -> Stored:
    """An event of nothing in particular."""
    return Stored(
        **{
            "originator_id": stream,
            "originator_version": version,
            "topic": "sample.happened",
            "state": b'{"what":"it"}',
            "at": "2026-11-21T06:00:00.000Z",
            "event_id": f"{stream}/{version}",
            **fields,
        }
    )


class Steps:
    """Hundreds of steps that SQLite has taken, over all connections opened since."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken = 0
        connect = File.connect

        def counted(file: File, **how: bool) -> sqlite3.Connection:
            made = connect(file, **how)
            made.set_progress_handler(self._take, 100)
            return made

        monkeypatch.setattr(File, "connect", counted)

    def of(self, work: Callable[[], object]) -> int:
        """How many it takes."""
        before = self.taken
        work()
        return self.taken - before

    def _take(self) -> None:
        self.taken += 1


def append_batches(pipe: Connection, url: str, stream: str, size: int, count: int) -> None:
    """Append batches to one stream, begun on a sign, and say at the end which positions they got."""
    with workledger.open(url) as ledger:
        pipe.send("ready")
        pipe.recv()
        positions: list[int] = []
        for number in range(count):
            versions = range(number * size + 1, (number + 1) * size + 1)
            events = [happened(stream, version) for version in versions]
            positions += ledger.store.insert_events(events, conditions=Conditions())
        pipe.send(positions)


def count_up(pipe: Connection, url: str, count: int) -> None:
    """Give a task one title after another, each decided on the one before."""

    def decide(unit: Unit) -> None:
        task = unit.edit(Task, "counter")
        task.change_details(title=str(int(task.title) + 1))

    with workledger.open(url) as ledger:
        for _ in range(count):
            with ledger.unit() as unit:
                unit.decide(partial(decide, unit))


def write_pairs_once(ledger: workledger.Workledger, name: str) -> None:
    """Record two tasks and what says so at once."""
    with ledger.unit(f"pair {name}") as unit:
        unit.create(Task.create(title="Left", id=f"left-{name}"))
        unit.create(Task.create(title="Right", id=f"right-{name}"))
        append_chunk(unit, agent_id="ann", agent_name="Ann", session_number=1, content=name)


def die_at(pipe: Connection, url: str, statement: str) -> None:
    """Record one pair, and be killed in the middle of the next: when that statement is about to run."""
    connect = File.connect

    def die(running: str) -> None:
        if dying and running.strip().lower().startswith(statement):
            os.kill(os.getpid(), signal.SIGKILL)

    def traced(file: File, **how: bool) -> sqlite3.Connection:
        made = connect(file, **how)
        made.set_trace_callback(die)
        return made

    dying = False
    File.connect = traced  # type: ignore[method-assign]
    with workledger.open(url) as ledger:
        write_pairs_once(ledger, "one")
        pipe.send("one")
        dying = True
        write_pairs_once(ledger, "two")
        pipe.send("two")


def die_unheard(pipe: Connection, url: str) -> None:
    """Create a task under a command id, and be killed when it is stored and nobody has been told."""
    with workledger.open(url) as ledger:
        insert = ledger.store.insert_events

        def unheard(*args: Any, **kwargs: Any) -> None:
            insert(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        ledger.store.insert_events = unheard  # type: ignore[method-assign, assignment]
        ledger.create(Task.create(title="Once"), command_id="once")


def write_until_refused(pipe: Connection, url: str, bytes: int) -> None:
    """Record pairs in files that may grow by so many bytes only; say which were recorded, and why there are no more."""
    with workledger.open(url) as ledger:
        largest = os.path.getsize(f"{url.removeprefix('sqlite:///')}-wal") + bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        for number in range(100_000):
            try:
                write_pairs_once(ledger, str(number))
            except Refused as refused:
                pipe.send((refused.code, str(refused)))
                break
            pipe.send(str(number))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        write_pairs_once(ledger, "later")


def fork_and_write(pipe: Connection, url: str) -> None:
    """Fork with a ledger open, and say what the other process is told when it writes, reads, and opens it again
    by one name or another."""
    ledger = workledger.open(url)
    theirs, ours = os.pipe()
    if os.fork() == 0:
        for attempt in (
            lambda: ledger.create(Task.create(title="Lost")),
            ledger.read,
            lambda: workledger.open(url),
            lambda: workledger.open(url.replace("work.db", "./work.db")),
        ):
            try:
                attempt()
                os.write(ours, b"written ")
            except Refused as refused:
                os.write(ours, f"{refused.code} ".encode())
        os._exit(0)
    os.wait()
    pipe.send(os.read(theirs, 1000).decode().split())
    ledger.close()


def close_and_fork(pipe: Connection, url: str) -> None:
    """Fork with a ledger that was closed, and have the other process write."""
    workledger.open(url).close()
    if os.fork() == 0:
        with workledger.open(url) as ledger:
            ledger.create(Task.create(title="Kept"))
        os._exit(0)
    os.wait()
    with workledger.open(url) as ledger:
        pipe.send(ledger.head())
