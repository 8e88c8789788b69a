"""Loops side by side, stepped by hand under a clock that the test moves: who is slow loses nothing for good (7, 11)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

import workledger
from support import engine_processes
from support.golden_events import work
from workledger import Workledger
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.writing import Checkpoints
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.state import held_leases, leases
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.state.leases import LEASES
from workledger.projections.groups import GROUPS

LEASE = 6.0


class Together:
    """Loops of one ledger. They run when `step` says so, and the clock stands still unless the test moves it.

    Attributes:
        superseded: how many batches counted for nothing, as another loop was first.
    """

    def __init__(self, ledger: Workledger, count: int, batch: int) -> None:
        self.ledger, self.now, self.superseded, self.shifts = ledger, 1e9, 0, 0
        self._meanwhile: Callable[[], object] = lambda: None
        self.loops = [
            ProjectorLoop(Projector(ledger.store, ledger.tables, GROUPS, batch=batch), lease_seconds=LEASE)
            for _ in range(count)
        ]

    def append(self, shifts: int = 1) -> None:
        work(self.ledger, shifts, self.shifts)
        self.shifts += shifts

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def step(self, number: int, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Let a loop take a step.

        Args:
            meanwhile: called whenever it has folded a batch and is about to write it.
        """
        before, self._meanwhile = self._meanwhile, meanwhile
        self.loops[number].step()
        self._meanwhile = before

    def settle(self) -> None:
        """Everybody renews once, and brings its groups up to the log."""
        self.wait(LEASE / 3)
        for loop in self.loops:
            while loop.step():
                pass

    def shares(self) -> list[int]:
        """How many groups each loop works on. Each is one loop's, as the database says too."""
        shares = [{f"group:{group.name}" for group in loop.held} for loop in self.loops]
        with self.ledger.tables.engine.connect() as connection:
            rows = connection.execute(sa.select(LEASES)).all()
        assert {row.name: row.owner for row in rows} == {
            name: loop._leases._owner for loop, names in zip(self.loops, shares, strict=True) for name in names
        }
        assert sum(map(len, shares)) == len(GROUPS)
        return sorted(map(len, shares))

    def write(self, write: Callable[..., Checkpoints], *given: Any) -> Checkpoints:
        self._meanwhile()
        try:
            return write(*given)
        except Superseded:
            self.superseded += 1
            raise


@contextmanager
def together(ledger: Workledger, count: int, batch: int = 5000) -> Iterator[Together]:
    loops = Together(ledger, count, batch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leases, "_now", lambda connection: sa.literal(loops.now, sa.Double))
        patch.setattr(held_leases, "time", SimpleNamespace(monotonic=lambda: loops.now))
        patch.setattr(writing, "write", partial(loops.write, writing.write))
        yield loops


EVEN = {1: [4], 2: [2, 2], 3: [1, 1, 2], 4: [1, 1, 1, 1], 5: [0, 1, 1, 1, 1]}
"""How the four groups are shared out among so many loops."""

NUMBERS, DURATIONS = st.integers(0, 4), st.floats(0.1, 2 * LEASE)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 3)),
        st.tuples(st.just("wait"), DURATIONS),
        st.tuples(st.just("step"), NUMBERS),
        st.tuples(st.just("slow step"), NUMBERS, DURATIONS, NUMBERS),
    ),
    min_size=5,
    max_size=25,
)


def take_step(loops: Together, step: tuple[Any, ...]) -> None:
    count = len(loops.loops)
    match step:
        case ("append", shifts):
            loops.append(shifts)
        case ("wait", seconds):
            loops.wait(seconds)
        case ("step", number):
            loops.step(number % count)
        case ("slow step", number, seconds, other):
            loops.step(number % count, lambda: (loops.wait(seconds), loops.step(other % count)))


@settings(max_examples=25)
@given(STEPS, st.integers(1, 5), st.integers(1, 20))
def test_loops_come_to_rest_evenly_however_slow_they_were(steps: list[tuple[Any, ...]], count: int, batch: int) -> None:
    """They step in any order, and one may write for so long that its leases run out and another steps in. It fails
    when a loop only takes what is free, and when one works on with what was taken from it."""
    with workledger.open("memory:") as ledger, together(ledger, count, batch) as loops:
        loops.append()
        for step in steps:
            take_step(loops, step)
        loops.settle()
        loops.settle()
        assert loops.shares() == EVEN[count]
        assert all(loop.position == ledger.head() for loop in loops.loops)
        at_rest, loops.superseded = [loop.held for loop in loops.loops], 0
        for _ in range(4):
            loops.append()
            loops.settle()
        assert [loop.held for loop in loops.loops] == at_rest, "groups do not go to and fro"
        assert loops.superseded == 0, "no work is done twice"
        engine_processes.nothing_differs(ledger)


@pytest.mark.parametrize("first", [0, 1], ids=["the writer", "its neighbour"])
def test_a_write_that_outlasts_the_leases_costs_nobody_its_groups_for_good(
    database_ledger: Workledger, first: int
) -> None:
    """7. Nobody can renew while it lasts, as where a swap holds SQLite's writer. Whichever renews first then finds all
    leases expired, and takes them. It fails when the other cannot take its share back."""
    with together(database_ledger, 2) as loops:
        loops.settle()
        loops.settle()
        assert loops.shares() == [2, 2]
        loops.append()
        loops.step(0, meanwhile=lambda: loops.wait(2 * LEASE))
        loops.step(first)
        assert len(loops.loops[first].held) == 4
        loops.step(1 - first)
        loops.settle()
        assert loops.shares() == [2, 2]
        engine_processes.nothing_differs(database_ledger)


def test_a_loop_that_comes_later_takes_its_share_and_the_other_finds_out_by_its_next_batch(
    database_ledger: Workledger,
) -> None:
    """11. The checkpoint fences: what the other has folded for groups that are no longer its counts for nothing. It
    fails when a loop that was superseded goes on with what it held."""
    with together(database_ledger, 2, batch=5) as loops:
        loops.append(4)
        loops.step(0, meanwhile=lambda: loops.step(1))
        assert (loops.superseded, len(loops.loops[1].held)) == (1, 2)
        loops.step(0)
        assert loops.shares() == [2, 2]
        loops.settle()
        assert loops.superseded == 1
        engine_processes.nothing_differs(database_ledger)


def test_a_lease_is_kept_on_a_long_way(database_ledger: Workledger) -> None:
    """11. Proves that a loop that has much to catch up with renews its leases: it fails when `forward` is not
    broken off for that, as the other loop then takes them and both fold the same."""
    with together(database_ledger, 2, batch=1) as loops:
        loops.settle()
        loops.settle()
        assert loops.shares() == [2, 2]
        slow, began = loops.loops[0], loops.now
        had = slow.held
        loops.append(8)
        while slow.position < 40:
            loops.step(0, meanwhile=lambda: (loops.wait(1.0), loops.step(1)))
        assert loops.now - began > 5 * LEASE
        assert slow.held == had
        assert loops.superseded == 0
        engine_processes.nothing_differs(database_ledger)
