"""Leases: free ones may be taken by anybody, others when they have run out; whoever has one may keep it (7, 11, 21)."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from commandline.typed import wait_until
from support.golden_events import work
from workledger import Workledger
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.state import held_leases, leases
from workledger.projections.engine.state.held_leases import HeldLeases, LoopLeases, hold
from workledger.projections.engine.state.leases import (
    LEASES,
    LeaseLost,
    new_owner,
    release,
    revoke,
    take,
    wait_for_expiry,
)
from workledger.projections.engine.tables import ReadTables


@pytest.fixture
def tables(database_ledger: Workledger) -> ReadTables:
    return database_ledger.tables


def held(tables: ReadTables) -> dict[str, str]:
    with tables.engine.connect() as connection:
        return {row.name: row.owner for row in connection.execute(LEASES.select())}


def set_back(tables: ReadTables, seconds: float) -> None:
    """Let the clock have been set back, as far as the leases can tell."""
    with tables.writing() as connection:
        connection.execute(LEASES.update().values(until=LEASES.c.until + seconds))


def test_a_lease_is_one_owners_until_it_is_given_back(tables: ReadTables) -> None:
    assert take(tables, ["a", "b"], "ann") == {"a", "b"}
    assert take(tables, ["a", "c"], "bob") == {"c"}
    assert take(tables, ["a", "b"], "ann") == {"a", "b"}, "it may be kept"
    release(tables, "ann", ["a"])
    assert held(tables) == {"b": "ann", "c": "bob"}
    assert take(tables, ["a", "b"], "bob") == {"a"}
    release(tables, "ann")
    assert take(tables, ["b"], "bob") == {"b"}


def test_a_lease_that_has_run_out_is_free(tables: ReadTables) -> None:
    """Proves that `until` is looked at, by the database's clock."""
    assert take(tables, ["a"], "ann", 0.0) == {"a"}
    assert take(tables, ["a"], "bob", 60.0) == {"a"}
    assert take(tables, ["a"], "ann") == set()
    with tables.engine.connect() as connection:
        found = leases.find(connection, "a")
        assert found is not None
        assert found.owner == "bob"
        assert 50 < found.left <= 60


@pytest.mark.parametrize("seconds", [-3600.0, 3600.0, 86400.0 * 365])
def test_a_clock_that_jumps_holds_nobody_up(tables: ReadTables, seconds: float) -> None:
    """21. Proves that a lease which holds for longer than any may is free: it fails without `LONGEST`, as the lease of
    one that died would hold until the clock is where it was."""
    take(tables, ["a"], "ann")
    set_back(tables, seconds)
    assert take(tables, ["a"], "bob") == {"a"}
    assert take(tables, ["a"], "ann") == set()


def test_of_many_who_want_a_lease_at_once_one_gets_it(tables: ReadTables) -> None:
    """Proves that taking is one step: it fails when `take` updates what it has found free before."""
    names = [f"lease {number}" for number in range(5)]
    together = threading.Barrier(4)

    def want(owner: str) -> set[str]:
        together.wait()
        return take(tables, names, owner)

    for round in range(5):
        with ThreadPoolExecutor(4) as people:
            taken = list(people.map(want, [f"{round}.{number}" for number in range(4)]))
        assert sorted(name for mine in taken for name in mine) == names
        with tables.writing() as connection:
            connection.execute(LEASES.update().values(until=0.0))


def test_leases_of_a_pool_are_shared_out_evenly(tables: ReadTables) -> None:
    """Those of another pool do not count; who takes leases without naming a pool takes none that another has."""
    names = [f"group:{number}" for number in range(4)]
    take(tables, ["policies", "rebuild:a", "rebuild:b"], "bob")
    assert take(tables, names, "ann", pool="group:") == set(names)
    assert take(tables, names, "bob") == set()
    assert len(take(tables, names, "bob", pool="group:")) == 2
    assert len(take(tables, names, "cid", pool="group:")) == 1
    now = held(tables)
    assert sorted(Counter(now[name] for name in names).values()) == [1, 1, 2]
    for owner in ("ann", "bob", "cid"):
        mine = {name for name in names if now[name] == owner}
        assert take(tables, names, owner, pool="group:") == mine, "all have their shares, and keep them"


def test_of_many_who_take_their_shares_at_once_nobody_takes_too_much(tables: ReadTables) -> None:
    """Proves that what is counted stays so: it fails when the rows are not locked, as all of them take the leases that
    one has too many of, and it is left with none."""
    names = [f"group:{number}" for number in range(8)]
    together = threading.Barrier(4)

    def want(owner: str) -> set[str]:
        together.wait()
        return take(tables, names, owner, pool="group:")

    for round in range(5):
        with tables.writing() as connection:
            connection.execute(LEASES.delete())
        take(tables, names, "first", pool="group:")
        with ThreadPoolExecutor(4) as people:
            taken = list(people.map(want, [f"{round}.{number}" for number in range(4)]))
        counts = Counter(held(tables).values())
        assert sorted(counts.values()) == [1, 1, 2, 2, 2], (counts, taken)


def test_a_rebuild_does_not_wait_for_a_lease_that_seems_to_last_for_ever(tables: ReadTables) -> None:
    """21. It was taken before the clock was set back: it fails when `find` only looks whether it has expired."""
    take(tables, ["a"], "ann")
    set_back(tables, 86400.0)
    wait_for_expiry(tables, ["a"])
    assert take(tables, ["a"], "bob") == {"a"}


def test_the_lease_of_a_dead_owner_is_waited_for_to_its_end_and_no_longer(
    tables: ReadTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock moves when somebody sleeps. It fails when it is slept for longer at a time."""
    now, slept = [1e9], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(leases, "_now", lambda connection: sa.literal(now[0], sa.Double))
    monkeypatch.setattr(leases, "time", SimpleNamespace(sleep=sleep))
    take(tables, ["a", "b"], "dead", 5.0)
    wait_for_expiry(tables, ["a", "b"])
    assert sum(slept) == pytest.approx(5.0, abs=0.2)
    assert take(tables, ["a", "b"], "bob") == {"a", "b"}


def test_a_lease_that_is_renewed_is_not_waited_for(tables: ReadTables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner lives. It fails when it is only asked whether the lease has expired."""
    monkeypatch.setattr(leases, "time", SimpleNamespace(sleep=lambda seconds: take(tables, ["a"], "ann", 60.0)))
    take(tables, ["a"], "ann", 50.0)
    wait_for_expiry(tables, ["a"])
    assert take(tables, ["a"], "bob") == set()


def test_leases_of_a_loop_are_due_sooner_when_the_database_was_slow_to_renew_them(
    tables: ReadTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when the time until then is counted from the answer: what the database took is the lease's time."""
    now = [1000.0]

    def slowly(*given: Any, **also: Any) -> set[str]:
        taken = take(*given, **also)
        now[0] += 15.0
        return taken

    monkeypatch.setattr(held_leases, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(leases, "take", slowly)
    of_loop = LoopLeases(tables, 60.0)
    assert of_loop.due
    assert of_loop.renew({"a"}) == {"a"}
    now[0] += 4.9
    assert not of_loop.due
    now[0] += 0.1
    assert of_loop.due, "a third of the lease has passed"


@pytest.fixture
def renewed_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that do not expire on a machine that is slow, and are renewed every few milliseconds."""
    monkeypatch.setattr(leases, "SECONDS", 60.0)
    monkeypatch.setattr(held_leases, "RENEWALS", 3000)


@pytest.mark.usefixtures("renewed_often")
def test_leases_are_kept_during_a_block_and_given_back_after_it(tables: ReadTables) -> None:
    """Proves that they are renewed: it fails when the thread of `hold` does nothing."""
    with hold(tables, ["a", "b"], "ann") as held_by_ann:
        assert held_by_ann is not None
        with tables.engine.connect() as connection:
            first = leases.find(connection, "a")
        assert first is not None
        wait_until(lambda: until(tables, "a") > first.until + 0.1)
        assert take(tables, ["a"], "bob") == set()
        held_by_ann.check()
        with hold(tables, ["b", "c"], "bob") as other:
            assert other is None, "all of them or none"
        assert held(tables) == {"a": "ann", "b": "ann"}
    assert held(tables) == {}


def until(tables: ReadTables, name: str) -> float:
    lease = tables.first(sa.select(LEASES.c.until).where(LEASES.c.name == name))
    return float(lease["until"]) if lease else 0.0


@pytest.mark.usefixtures("renewed_often")
def test_whoever_has_lost_a_lease_finds_out(tables: ReadTables) -> None:
    with hold(tables, ["a"], "ann") as held_by_ann:
        assert held_by_ann is not None
        with tables.writing() as connection:
            assert revoke(connection, "a")
        assert take(tables, ["a"], "bob") == {"a"}
        with pytest.raises(LeaseLost), tables.writing() as connection:
            held_by_ann.lock(connection)
        wait_until(lambda: lost(held_by_ann))
    assert held(tables) == {"a": "bob"}, "it gives back what is its own, nothing else"
    with tables.writing() as connection:
        assert not revoke(connection, "b")


def lost(leases: HeldLeases) -> bool:
    try:
        leases.check()
    except LeaseLost:
        return True
    return False


def test_a_loop_that_stops_gives_its_leases_back_at_once(database_ledger: Workledger) -> None:
    """Proves that nobody need wait for them to run out: it fails without `release` in `_leave`."""
    first, second = (ProjectorLoop(database_ledger.projector, lease_seconds=60) for _ in range(2))
    work(database_ledger, 1)
    first.start()
    assert first.wait_for(5, 60)
    assert len(first.held) == 4
    first.stop()
    assert held(database_ledger.tables) == {}
    work(database_ledger, 1, 1)
    second.start()
    assert second.wait_for(10, 60)
    second.stop()


def test_owners_are_never_called_the_same() -> None:
    assert len({new_owner() for _ in range(100)}) == 100
