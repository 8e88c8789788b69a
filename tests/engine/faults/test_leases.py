"""Loops in several processes: one works on a group, another takes over when it dies, and nothing counts twice."""

import itertools
import os
import signal
import time
from collections import defaultdict
from contextlib import ExitStack
from multiprocessing.connection import Connection
from typing import Any

import pytest
import sqlalchemy as sa

import workledger
from commandline.typed import wait_until
from support import engine_processes, writers
from support.golden_events import work
from workledger import Workledger
from workledger.projections.engine.state import leases
from workledger.projections.groups import GROUPS

NAMES = {group.name for group in GROUPS}


@pytest.fixture(params=["sqlite_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    workledger.open(url).close()
    return url


def owners(ledger: Workledger) -> set[str]:
    with ledger.tables.engine.connect() as connection:
        return set(connection.scalars(sa.select(leases.LEASES.c.owner)))


def followed(ledger: Workledger) -> bool:
    return ledger.projector.position() == ledger.head()


def following(stack: ExitStack, url: str, *arguments: Any) -> tuple[Any, Connection]:
    """A process that follows the log, and the pipe to it."""
    process, pipe = stack.enter_context(writers.running(engine_processes.follow, url, *arguments))
    assert pipe.recv() == "following"
    return process, pipe


@pytest.mark.parametrize("count", [2, 8])
def test_of_many_loops_one_works_on_a_group(url: str, count: int) -> None:
    """11. Proves that leases spare the others the work: it fails when `take` gives each of them what it asks for.
    Every batch begins where the one before it ended, whoever folded it."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        loops = [following(stack, url, 30.0, 20) for _ in range(count)]
        for start in range(0, 40, 4):
            work(ledger, 4, start)
        wait_until(lambda: followed(ledger))
        for _, pipe in loops:
            pipe.send("stop")
        said = {number: until_stopped(pipe) for number, (_, pipe) in enumerate(loops)}
        folded: dict[str, list[tuple[int, int]]] = defaultdict(list)
        workers: dict[str, set[int]] = defaultdict(set)
        for number, batches in said.items():
            assert all(isinstance(batch, dict) for batch in batches), "others were there first"
            for name, moved in [item for batch in batches for item in batch.items()]:
                folded[name].append(moved)
                workers[name].add(number)
        assert set(folded) == NAMES
        assert {len(who) for who in workers.values()} == {1}
        for moves in folded.values():
            assert all(one[1] == next[0] for one, next in itertools.pairwise(sorted(moves)))
        assert owners(ledger) == set(), "whoever stops gives its leases back at once"
        engine_processes.nothing_differs(ledger)


def until_stopped(pipe: Connection) -> list[Any]:
    said = []
    while (one := pipe.recv()) != "stopped":
        said.append(one)
    return said


def test_when_a_loop_is_killed_another_takes_over_as_soon_as_its_lease_has_run_out(url: str) -> None:
    """11. Proves that a lease runs out: it fails when `take` does not look at `until`."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        first, _ = following(stack, url, 1.0)
        work(ledger, 2)
        wait_until(lambda: followed(ledger))
        for _ in range(2):
            following(stack, url, 1.0)
        [owner] = owners(ledger)
        killed_at = time.monotonic()
        writers.kill(first)
        work(ledger, 2, 2)
        wait_until(lambda: followed(ledger))
        assert time.monotonic() - killed_at < 1.0 + 1.0 + 2.0, (
            "the lease, a look of others, and patience with a machine"
        )
        assert owner not in owners(ledger)
        engine_processes.nothing_differs(ledger)


def test_a_loop_that_was_paused_and_wakes_when_another_has_taken_over_changes_nothing(url: str) -> None:
    """11. Proves that the checkpoint fences: it fails when `advance` does not ask where the checkpoint stands, or
    does not look whether it was moved. The events of the batch that is about to be written would count twice."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        paused, said = following(stack, url, 0.6, 5000, True)
        work(ledger, 4)
        assert said.recv() == "about to write"
        assert paused.pid is not None
        os.kill(paused.pid, signal.SIGSTOP)
        following(stack, url, 0.6)
        wait_until(lambda: followed(ledger))
        os.kill(paused.pid, signal.SIGCONT)
        said.send("go on")
        assert set(said.recv()) == NAMES, "it was superseded in all groups"
        engine_processes.nothing_differs(ledger)
        work(ledger, 4, 4)
        wait_until(lambda: followed(ledger))
        engine_processes.nothing_differs(ledger)


def test_a_lease_is_kept_on_a_long_way(database_ledger: Workledger) -> None:
    """Proves that a loop that has much to catch up with renews its leases: it fails when `forward` is not broken off
    for that, as the other loop then takes them and both fold the same."""
    work(database_ledger, 40)
    with writers.running(engine_processes.follow, database_ledger.url, 0.2, 1) as (_, slow):
        assert slow.recv() == "following"
        slow.recv()
        with writers.running(engine_processes.follow, database_ledger.url, 0.2, 1) as (_, other):
            assert other.recv() == "following"
            wait_until(lambda: followed(database_ledger))
            for pipe in (slow, other):
                pipe.send("stop")
            assert until_stopped(other) == []
            assert all(isinstance(one, dict) for one in until_stopped(slow))
    engine_processes.nothing_differs(database_ledger)


def test_loops_that_die_one_after_the_other_while_others_write_count_every_event_once(url: str) -> None:
    """11. Every loop is killed at some moment; those that come after them go on where they were."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        for number in range(4):
            process, said = following(stack, url, 0.2, 7)
            work(ledger, 10, number * 10)
            assert isinstance(said.recv(), dict)
            writers.kill(process)
        following(stack, url, 0.2)
        wait_until(lambda: followed(ledger))
        engine_processes.nothing_differs(ledger)
