"""What tests do in other processes, which start together or are killed; each has a pipe to speak through."""

import itertools
import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

import workledger
from workledger.domain.agent_log import append_chunk
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.accounts import next_account
from workledger.domain.services.pages import ensure_root_page
from workledger.domain.task import Task
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.groups import GROUPS

_processes = multiprocessing.get_context("forkserver")
PRELOADED = [
    "workledger.adapters.bootstrap",  # what `workledger` imports when it is first used
    "workledger.adapters.sqlite.factory",
    "workledger.adapters.postgres.factory",
    "workledger.projections.engine.rebuild.rebuild",
    "workledger.projections.engine.react.reactor",
    "hypothesis",
]
"""What processes are forked with, so that none imports it anew."""

Work = Callable[..., None]


@contextmanager
def running(work: Work, *arguments: Any) -> Iterator[tuple[BaseProcess, Connection]]:
    """A process that does the work, and our end of its pipe; killed at the end if it still runs."""
    _processes.set_forkserver_preload(PRELOADED)  # here: benchmarks have a list of their own, and the last one counts
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield process, ours
    finally:
        process.kill()
        process.join()
        ours.close()


def finish(process: BaseProcess) -> None:
    process.join(300)
    assert process.exitcode == 0, f"{process} ended with {process.exitcode}"


def kill(process: BaseProcess) -> None:
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def heard(pipe: Connection) -> list[Any]:
    """All that the process has said by now."""
    said = []
    try:
        while pipe.poll():
            said.append(pipe.recv())
    except (EOFError, ConnectionResetError):
        pass
    return said


def open_together(pipe: Connection, url: str) -> None:
    """Open the database on a sign, and record one task."""
    pipe.send("ready")
    pipe.recv()
    with workledger.open(url) as ledger:
        pipe.send(ledger.create(Task.create(title="Open the door")).id)


def ensure_root_pages(pipe: Connection, url: str, initiative_id: str, count: int) -> None:
    """On a sign, ask so often for the root page of an initiative, and say the ids of what came."""
    with workledger.open(url) as ledger:
        pipe.send("ready")
        pipe.recv()
        pipe.send([ensure_root_page(ledger, initiative_id).id for _ in range(count)])


def write_tasks(pipe: Connection, url: str, count: int) -> None:
    """Record tasks, and say the id of each that was recorded."""
    with workledger.open(url) as ledger:
        for number in range(count):
            pipe.send(ledger.create(Task.create(title=f"Task {number}")).id)


def rename(pipe: Connection, url: str, id: str, name: str, count: int) -> None:
    """Give a task one title after another."""
    with workledger.open(url) as ledger:
        for number in range(count):
            with ledger.edit(Task, id) as task:
                task.change_details(title=f"{name} {number}")


def add_labels(pipe: Connection, url: str, id: str, name: str, count: int) -> None:
    """Add labels to those that a task has, one after another."""

    def add(unit: Unit, label: str) -> None:
        task = unit.edit(Task, id)
        task.change_labels(labels=(*task.labels, label))

    with workledger.open(url) as ledger:
        for number in range(count):
            ledger.decide(partial(add, label=f"{name}{number}"))


def take_accounts(pipe: Connection, url: str, callers: int, count: int) -> None:
    """On a sign, use the next account again and again, in so many threads; say which ones it was, and when."""
    with workledger.open(url) as ledger, ThreadPoolExecutor(callers) as threads:
        pipe.send("ready")
        pipe.recv()
        for taken in threads.map(lambda _: [next_account(ledger) for _ in range(count)], range(callers)):
            for account in taken:
                pipe.send((account.id, account.last_used_at))


def write_pairs(pipe: Connection, url: str) -> None:
    """Record two tasks at once, again and again, and say both ids when they were recorded."""
    with workledger.open(url) as ledger:
        for number in itertools.count():
            with ledger.unit() as unit:
                first = unit.create(Task.create(title=f"Left {number}")).id
                second = unit.create(Task.create(title=f"Right {number}")).id
                append_chunk(unit, agent_id="ann", agent_name="Ann", session_number=1, content=f"{first} {second}")
            pipe.send((first, second))


def project(pipe: Connection, url: str, batch: int) -> None:
    """Bring the tables up to the log, batch by batch, again and again."""
    with workledger.open(url) as ledger:
        projector = Projector(ledger.store, ledger.tables, GROUPS, batch=batch)
        pipe.send("ready")
        while True:
            projector.catch_up()
