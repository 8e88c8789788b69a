"""Loops in several processes: one works on a group, another takes over when it dies, and nothing counts twice."""

import itertools
import os
import signal
from collections import Counter, defaultdict
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


def owners(ledger: Workledger) -> Counter[str]:
    """How many groups each owner has."""
    with ledger.tables.engine.connect() as connection:
        return Counter(connection.scalars(sa.select(leases.LEASES.c.owner)))


def shares(ledger: Workledger, *processes: Any) -> list[int]:
    """How many groups these processes have, and how many everybody else has."""
    counts = owners(ledger)
    found = [sum(n for owner, n in counts.items() if f":{process.pid}:" in owner) for process in processes]
    return [*sorted(found), counts.total() - sum(found)]


def followed(ledger: Workledger) -> bool:
    return ledger.projector.position() == ledger.head()


def following(stack: ExitStack, url: str, *arguments: Any) -> tuple[Any, Connection]:
    """A process that follows the log, and the pipe to it."""
    process, pipe = stack.enter_context(writers.running(engine_processes.follow, url, *arguments))
    assert pipe.recv() == "following"
    return process, pipe


def at_rest(pipes: list[Connection]) -> bool:
    """Whether each group is one loop's, as far as the loops know themselves, and none has two more than another."""
    held: list[tuple[str, ...]] = []
    for pipe in pipes:
        pipe.send("look")
        held.append(pipe.recv())
    counts = [len(names) for names in held]
    return sorted(name for names in held for name in names) == sorted(NAMES) and max(counts) - min(counts) <= 1


@pytest.mark.parametrize("count", [2, 8])
def test_of_many_loops_one_works_on_a_group(url: str, count: int) -> None:
    """11. Proves that leases spare the others the work: it fails when `take` gives each of them what it asks for.
    Every batch begins where the one before it ended, whoever folded it. As many as there are groups have one each."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        pipes = [following(stack, url, 60.0, 20)[1] for _ in range(count)]
        wait_until(lambda: at_rest(pipes))
        for start in range(0, 40, 4):
            work(ledger, 4, start)
        wait_until(lambda: followed(ledger))
        for pipe in pipes:
            pipe.send("stop")
        said = {number: until_stopped(pipe) for number, pipe in enumerate(pipes)}
        folded: dict[str, list[tuple[int, int]]] = defaultdict(list)
        workers: dict[str, set[int]] = defaultdict(set)
        for number, batches in said.items():
            assert all(isinstance(batch, dict) for batch in batches), "others were there first"
            for name, moved in [item for batch in batches for item in batch.items()]:
                folded[name].append(moved)
                workers[name].add(number)
        assert set(folded) == NAMES
        assert {len(who) for who in workers.values()} == {1}
        assert len({number for who in workers.values() for number in who}) == min(count, len(NAMES))
        for moves in folded.values():
            assert all(one[1] == next[0] for one, next in itertools.pairwise(sorted(moves)))
        assert owners(ledger) == {}, "whoever stops gives its leases back at once"
        engine_processes.nothing_differs(ledger)


def until_stopped(pipe: Connection) -> list[Any]:
    said = []
    while (one := pipe.recv()) != "stopped":
        said.append(one)
    return said


def test_when_a_loop_is_killed_others_take_over_once_its_lease_has_expired(url: str) -> None:
    """11. Proves that a lease expires: it fails when `take` does not look at `until`. How soon they do is asked in
    tests/engine/test_lease_shares.py."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        processes = [following(stack, url, 1.0)[0] for _ in range(3)]
        work(ledger, 2)
        wait_until(lambda: shares(ledger, *processes) == [1, 1, 2, 0] and followed(ledger))
        writers.kill(processes[0])
        work(ledger, 2, 2)
        wait_until(lambda: followed(ledger))
        wait_until(lambda: shares(ledger, *processes[1:]) == [2, 2, 0])
        engine_processes.nothing_differs(ledger)


def test_a_loop_that_was_slow_for_longer_than_its_leases_gets_its_share_back(url: str) -> None:
    """7. It fails when a loop takes only what is free: whoever takes the leases when they expire keeps them then."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        slow, said = following(stack, url, 2.0, 5000, True)
        work(ledger, 2)
        assert said.recv() == "about to write"
        others = [following(stack, url, 2.0)[0] for _ in range(2)]
        wait_until(lambda: shares(ledger, *others) == [2, 2, 0] and followed(ledger))
        said.send("go on")
        wait_until(lambda: shares(ledger, slow, *others) == [1, 1, 2, 0])
        work(ledger, 2, 2)
        wait_until(lambda: followed(ledger))
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


def test_loops_that_die_one_after_the_other_while_others_write_count_every_event_once(url: str) -> None:
    """11. Every loop is killed at some moment; those that come after them go on where they were."""
    with workledger.open(url) as ledger, ExitStack() as stack:
        for number in range(4):
            process, said = following(stack, url, 0.2, 7)
            work(ledger, 10, number * 10)
            while not isinstance(said.recv(), dict):
                pass  # the one before it was killed while the database carried out its last batch
            writers.kill(process)
        following(stack, url, 0.2)
        wait_until(lambda: followed(ledger))
        engine_processes.nothing_differs(ledger)
