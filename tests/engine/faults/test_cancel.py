"""A rebuild that somebody cancels, whatever it is at: it leaves nothing behind, and is not begun again (13)."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

import workledger
from commandline.typed import wait_until
from support import engine_processes
from support.golden_events import work
from support.releases import Held, fingerprint, newer
from workledger import Workledger
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.cancel import cancel
from workledger.projections.engine.rebuild.exclusive import RebuildCancelled
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import held_leases
from workledger.projections.engine.state.progress import REBUILDS
from workledger.projections.groups import GROUPS


@pytest.fixture
def full(database_ledger: Workledger) -> Workledger:
    work(database_ledger, 12)
    database_ledger.catch_up()
    return database_ledger


def cancelled(ledger: Workledger) -> bool:
    return cancel(ledger.tables, GROUPS)


def before(monkeypatch: pytest.MonkeyPatch, where: Any, name: str, act: Callable[[], object]) -> None:
    """Act once, just before that is done."""
    original = getattr(where, name)

    def acting(*given: Any) -> Any:
        monkeypatch.setattr(where, name, original)
        act()
        return original(*given)

    monkeypatch.setattr(where, name, acting)


@pytest.mark.parametrize(("where", "name"), [(shadow, "index"), (Rebuild, "_save_progress")])
def test_one_that_is_cancelled_while_it_makes_indexes_says_so_and_leaves_nothing(
    full: Workledger, monkeypatch: pytest.MonkeyPatch, where: Any, name: str
) -> None:
    """Its tables are gone before it finds out that its leases are. It fails when whatever went wrong is told instead,
    and when it notes how far it is after that was thrown away."""
    found = engine_processes.dump(full)
    one = Rebuild(full.store, full.tables, GROUPS)
    before(monkeypatch, where, name, lambda: cancelled(full))
    with pytest.raises(RebuildCancelled):
        one.run()
    assert engine_processes.left_behind(full) == []
    assert engine_processes.dump(full) == found


def test_what_goes_wrong_by_itself_is_not_called_cancelled(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before(monkeypatch, shadow, "index", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Rebuild(full.store, full.tables, GROUPS).run()
    assert Rebuild(full.store, full.tables, GROUPS).run() == 60


def test_who_cancels_when_the_tables_are_being_swapped_is_told_that_it_was_too_late(
    postgres_store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when the leases are given back only after the swap."""
    said: list[bool] = []
    with workledger.open(postgres_store_url) as ledger, workledger.open(postgres_store_url) as other:
        work(ledger, 4)
        ledger.catch_up()
        cancelling = threading.Thread(target=lambda: said.append(cancelled(other)))
        before(monkeypatch, shadow, "swap", lambda: (cancelling.start(), waits(other, "delete from leases")))
        assert Rebuild(ledger.store, ledger.tables, GROUPS).run() == 20
        cancelling.join(60)
        assert said == [False]
        engine_processes.nothing_differs(ledger)


def waits(ledger: Workledger, statement: str) -> None:
    """Until somebody waits for a lock to carry it out."""
    waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and lower(query) like :some"

    def looked() -> bool:
        with ledger.tables.engine.connect() as connection:
            return bool(connection.scalar(sa.text(waiting), {"some": f"{statement}%"}))

    wait_until(looked)


def test_one_of_a_loop_is_not_begun_again_before_somebody_rebuilds(
    full: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by the loop that ran it, nor by another, nor when they are started anew. It fails without the look at what
    was cancelled, in `begin`."""
    monkeypatch.setattr(held_leases, "RENEWALS", 200)
    held = Held(monkeypatch)
    loops = [Projector(full.store, full.tables, newer("board")) for _ in range(2)]
    running = [ProjectorLoop(projector, lease_seconds=60.0) for projector in loops]
    for loop in running:
        loop.start()
    try:
        assert held.began.wait(60)
        assert cancel(full.tables, newer("board"))
        held.go_on.set()
        told = "the rebuild of board was cancelled; run `workledger rebuild board`"
        for loop in running:
            wait_until(lambda loop=loop: loop.error == told)
            assert not loop.healthy
        held.began.clear()
        work(full, 1, 12)
        wait_until(lambda: full.projector.checkpoints()[GROUPS[2]].position == 65)
        assert not held.began.wait(1)
        assert fingerprint(full) == GROUPS[0].fingerprint
        Rebuild(full.store, full.tables, newer("board")[0]).run()
        for loop in running:
            wait_until(lambda loop=loop: loop.healthy)
            assert loop.wait_for(65, 60)
    finally:
        for loop in running:
            loop.stop()
    with full.tables.engine.connect() as connection:
        assert connection.scalars(sa.select(REBUILDS.c.name)).all() == []
    engine_processes.nothing_differs(full)
