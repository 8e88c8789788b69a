"""Leases: free ones may be taken by anybody, others when they have run out; whoever has one may keep it (7, 11, 21)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from commandline.typed import wait_until
from support.golden_events import work
from workledger import Workledger
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.leases import LEASES, LeaseLost, keeping, new_owner, release, revoke, take
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


def test_leases_are_kept_during_a_block_and_given_back_after_it(
    tables: ReadTables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that they are renewed: it fails when the thread of `keeping` does nothing."""
    monkeypatch.setattr(leases, "SECONDS", 0.3)
    with keeping(tables, ["a", "b"], "ann") as kept:
        assert kept is not None
        with tables.engine.connect() as connection:
            first = leases.find(connection, "a")
        assert first is not None
        wait_until(lambda: until(tables, "a") > first.until + 0.3)
        assert take(tables, ["a"], "bob") == set()
        kept.check()
        with keeping(tables, ["b", "c"], "bob") as other:
            assert other is None, "all of them or none"
        assert held(tables) == {"a": "ann", "b": "ann"}
    assert held(tables) == {}


def until(tables: ReadTables, name: str) -> float:
    return float(tables.scalar(sa.select(LEASES.c.until).where(LEASES.c.name == name)) or 0)


def test_whoever_has_lost_a_lease_finds_out(tables: ReadTables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SECONDS", 0.2)
    with keeping(tables, ["a"], "ann") as kept:
        assert kept is not None
        with tables.writing() as connection:
            assert revoke(connection, "a")
        assert take(tables, ["a"], "bob") == {"a"}
        with pytest.raises(LeaseLost), tables.writing() as connection:
            kept.hold(connection)
        wait_until(lambda: lost(kept))
    assert held(tables) == {"a": "bob"}, "it gives back what is its own, nothing else"
    with tables.writing() as connection:
        assert not revoke(connection, "b")


def lost(kept: leases.Kept) -> bool:
    try:
        kept.check()
    except LeaseLost:
        return True
    return False


def test_a_loop_that_stops_gives_its_leases_back_at_once(database_ledger: Workledger) -> None:
    """Proves that nobody need wait for them to run out: it fails without `release` in `_leave`."""
    first, second = (ProjectorLoop(database_ledger.projector, lease_seconds=60) for _ in range(2))
    work(database_ledger, 1)
    first.start()
    assert first.wait_for(5, 30)
    assert len(first.mine) == 4
    first.stop()
    assert held(database_ledger.tables) == {}
    work(database_ledger, 1, 1)
    second.start()
    assert second.wait_for(10, 30)
    second.stop()


def test_owners_are_never_called_the_same() -> None:
    assert len({new_owner() for _ in range(100)}) == 100
