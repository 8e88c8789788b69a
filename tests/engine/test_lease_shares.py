"""Shares of leases: whatever happens to loops, those that live come to rest with equally many, and none is lost."""

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workledger.projections.engine.state.lease import Lease, share

SECONDS = 6.0
NAMES = [f"group:{number}" for number in range(7)]


@dataclass
class Loops:
    """Loops that share leases, under a clock that moves when the test says so."""

    now: float = 1e9
    rows: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Owner and expiry of each lease."""
    wanted: dict[str, set[str]] = field(default_factory=dict)
    """The leases that each live loop can use."""
    started: int = 0

    def start(self, wanted: set[str]) -> str:
        owner, self.started = f"loop {self.started}", self.started + 1
        self.wanted[owner] = wanted
        self.renew(owner)
        return owner

    def renew(self, owner: str) -> None:
        before, wanted = self.held(), self.wanted[owner]
        for name in wanted:
            self.rows.setdefault(name, (owner, 0.0))
        found = [Lease(name, one, until, until - self.now) for name, (one, until) in self.rows.items()]
        taken = share(found, owner, wanted)
        assert taken <= wanted
        self.rows |= dict.fromkeys(taken, (owner, self.now + SECONDS))
        counts, others = Counter(self.held().values()), {before[name] for name in taken & before.keys()} - {owner}
        assert all(counts[other] >= counts[owner] - 1 for other in others), "it takes from those who have too many"

    def stop(self, owner: str) -> None:
        self.die(owner)
        self.rows = {name: row for name, row in self.rows.items() if row[0] != owner}

    def die(self, owner: str) -> None:
        del self.wanted[owner]

    def held(self) -> dict[str, str]:
        """The owner of each lease that has not expired."""
        return {name: owner for name, (owner, until) in self.rows.items() if until >= self.now}

    def counts(self) -> list[int]:
        """How many leases each live loop has."""
        counts = Counter(self.held().values())
        return [counts[owner] for owner in self.wanted]


HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sets(st.sampled_from(NAMES), min_size=1)),
        st.tuples(st.sampled_from(["renew", "renew", "renew", "stop", "die"]), st.integers(0, 5)),
        st.tuples(st.just("pass"), st.floats(0.1, 2 * SECONDS)),
    ),
    max_size=40,
)
"""Loops come, go and die, renew in any order, and are so slow now and then that their leases expire."""


def happened(happenings: list[tuple[str, object]], wanted: set[str] | None = None) -> Loops:
    """What has become of the loops; who is dead has been so for the time of a lease.

    Args:
        wanted: the leases that all of them want; without it, each wants its own.
    """
    loops = Loops()
    for what, one in happenings:
        if isinstance(one, set):
            loops.start(wanted or one)
        elif isinstance(one, float):
            loops.now += one
        elif isinstance(one, int) and loops.wanted:
            getattr(loops, what)(list(loops.wanted)[one % len(loops.wanted)])
    loops.now += SECONDS + 0.1
    return loops


@given(HAPPENINGS, st.integers(1, 5), st.integers(1, len(NAMES)), st.randoms(use_true_random=False))
def test_each_live_loop_has_its_share_once_all_have_renewed(
    happenings: list[tuple[str, object]], living: int, shared: int, random: Random
) -> None:
    """7. It fails without the part of `share` that takes leases over, as a loop whose leases once ran out, or that came
    late, has none for good."""
    wanted = set(NAMES[:shared])
    loops = happened(happenings, wanted)
    while len(loops.wanted) < living:
        loops.start(wanted)
    owners = list(loops.wanted)
    random.shuffle(owners)
    for owner in owners:
        loops.renew(owner)
    assert set(loops.held()) == wanted
    assert sum(loops.counts()) == shared, "nothing is left to the dead"
    assert max(loops.counts()) - min(loops.counts()) <= 1
    at_rest = loops.held()
    for _ in range(9):
        random.shuffle(owners)
        for owner in owners:
            loops.now += SECONDS / 3 / len(owners)
            loops.renew(owner)
            assert loops.held() == at_rest, "leases do not go to and fro"


@given(HAPPENINGS)
def test_loops_that_can_use_different_leases_come_to_rest_too(happenings: list[tuple[str, object]]) -> None:
    """As those of two releases can. It fails when leases that a loop cannot use do not count."""
    loops = happened(happenings)
    before: dict[str, str] = {}
    for _ in range(len(NAMES) + 2):
        for owner in loops.wanted:
            loops.renew(owner)
        if loops.held() == before:
            break
        before = loops.held()
    else:
        pytest.fail("leases go to and fro")
    held, counts = loops.held(), Counter(loops.held().values())
    assert set(held) == set().union(*loops.wanted.values())
    assert set(held.values()) <= set(loops.wanted), "nothing is left to the dead"
    for owner, wanted in loops.wanted.items():
        assert all(counts[held[name]] <= counts[owner] + 1 for name in wanted)


@given(st.integers(2, 5), st.data())
def test_a_dead_loops_leases_are_taken_at_the_first_renewal_after_they_have_expired(
    living: int, data: st.DataObject
) -> None:
    """11. Others renew when a third of their time has passed, so that is within four thirds of it. Until then nobody
    who has as many takes them."""
    loops = Loops()
    owners = [loops.start(set(NAMES)) for _ in range(living)]
    for owner in owners:
        loops.renew(owner)
    dead = data.draw(st.sampled_from(owners))
    expires = loops.now + SECONDS
    had = {name for name, owner in loops.held().items() if owner == dead}
    loops.die(dead)
    while loops.now < expires:
        for owner in loops.wanted:
            loops.renew(owner)
        assert had == {name for name, owner in loops.held().items() if owner == dead}
        loops.now = min(loops.now + data.draw(st.floats(0.5, SECONDS / 3)), expires)
    loops.now = expires + 0.001
    loops.renew(data.draw(st.sampled_from(list(loops.wanted))))
    assert set(loops.held()) == set(NAMES)
    assert dead not in loops.held().values()
