"""A rebuild that is killed, cancelled, interrupted or met by another: it goes on, or leaves nothing behind (13)."""

import json
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

import pytest
from typer.testing import CliRunner

from commandline.typed import wait_until
from support import engine_processes, writers
from support.golden_events import append, chunk, work
from workledger import Workledger
from workledger.api.commandline.app import app
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.cancel import cancel
from workledger.projections.engine.rebuild.exclusive import Interrupted, RebuildCancelled, RebuildUnderWay
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state.progress import Progress
from workledger.projections.groups import GROUPS

BATCH, LEASE = 20, 0.5


@pytest.fixture
def full(database_ledger: Workledger) -> Workledger:
    work(database_ledger, 12)
    database_ledger.catch_up()
    return database_ledger


@pytest.fixture
def rebuilding(full: Workledger) -> Iterator[tuple[Any, Connection]]:
    """A process that rebuilds all groups and has written two of three batches; its lease is short."""
    with writers.running(engine_processes.rebuild, full.url, BATCH, LEASE) as (process, said):
        assert said.recv() == 20
        said.send("go on")
        assert said.recv() == 40
        yield process, said


def scans(ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """After which positions the log is read from now on."""
    starts: list[int] = []
    scan = ledger.store.scan
    monkeypatch.setattr(
        ledger.store, "scan", lambda after, *rest, **also: starts.append(after) or scan(after, *rest, **also)
    )
    return starts


def test_a_killed_rebuild_holds_others_up_for_its_lease_and_is_gone_on_with(
    full: Workledger, rebuilding: tuple[Any, Connection], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that rows and checkpoint of a shadow are of one transaction, and that the lease runs out. It fails when
    `_begin` makes the tables anew, or when `take` does not look at `until`."""
    before = engine_processes.dump(full)
    with pytest.raises(RebuildUnderWay) as refused:
        Rebuild(full.store, full.tables, GROUPS, batch=BATCH).run()
    assert refused.value.code == "REBUILD_UNDER_WAY"
    process, _ = rebuilding
    writers.kill(process)
    starts = scans(full, monkeypatch)
    wait_until(lambda: rebuilt(full) == 60)
    assert min(starts) == 40, "what was written is not folded again"
    assert engine_processes.dump(full) == before
    assert engine_processes.left_behind(full) == []


def rebuilt(ledger: Workledger) -> int | None:
    """Where the tables stand then; None when another process seems to be at it. How long a lease that nobody renews is
    waited for is asked in tests/engine/test_leases.py."""
    try:
        return Rebuild(ledger.store, ledger.tables, GROUPS, batch=BATCH).run()
    except RebuildUnderWay:
        return None


def test_status_tells_how_far_a_rebuild_of_another_process_has_come(
    full: Workledger, rebuilding: tuple[Any, Connection]
) -> None:
    status = CliRunner().invoke(app, ["status", "--json", "--db", full.url])
    assert status.exit_code == 0
    for group in json.loads(status.stdout)["groups"]:
        assert (group["state"], group["position"]) == ("rebuilding", 60)
        told = group["rebuild"]
        assert (told["phase"], told["position"], told["target"]) == ("reading", 40, 60)
        assert told["rate"] > 0
        assert told["seconds_left"] >= 0
    process, said = rebuilding
    said.send("go on")
    assert said.recv() == 60
    said.send("go on")
    assert said.recv() == ("rebuilt", 60)
    writers.finish(process)
    status = CliRunner().invoke(app, ["status", "--json", "--db", full.url])
    assert {(group["state"], group["rebuild"]) for group in json.loads(status.stdout)["groups"]} == {("live", None)}
    assert engine_processes.left_behind(full) == []


def test_a_rebuild_that_another_process_cancels_leaves_the_tables_and_nothing_behind(
    full: Workledger, rebuilding: tuple[Any, Connection]
) -> None:
    """Proves that a rebuild stops when its lease is revoked: it fails when nobody asks whether it is still ours, or
    when the shadow is not thrown away once more by the one that was cancelled."""
    before = engine_processes.dump(full)
    cancelled = CliRunner().invoke(app, ["rebuild", "--cancel", "--db", full.url, "--json"])
    assert {group["cancelled"] for group in json.loads(cancelled.stdout)["groups"]} == {True}
    process, said = rebuilding
    said.send("go on")
    while not isinstance(outcome := said.recv(), tuple):
        said.send("go on")
    assert outcome == ("refused", "REBUILD_CANCELLED")
    writers.finish(process)
    assert engine_processes.dump(full) == before
    assert engine_processes.left_behind(full) == []
    assert not cancel(full.tables, GROUPS), "there is none any more"
    again = CliRunner().invoke(app, ["rebuild", "--cancel", "--db", full.url])
    assert again.stdout.strip().endswith("no rebuild was running")


@pytest.mark.parametrize("moment", ["it begins", "it swaps"])
def test_a_rebuild_that_is_cancelled_at_the_last_moment_does_nothing(
    full: Workledger, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Proves that the lease is asked for in the very transaction: it fails without `Exclusive.lock`. The thread that
    renews the lease finds out only later."""
    before = engine_processes.dump(full)
    one = Rebuild(full.store, full.tables, GROUPS)
    step = "_begin" if moment == "it begins" else "_swap"
    original = getattr(Rebuild, step)
    monkeypatch.setattr(Rebuild, step, lambda self: (cancel(full.tables, GROUPS), original(self))[1])
    with pytest.raises(RebuildCancelled):
        one.run()
    assert engine_processes.dump(full) == before
    assert engine_processes.left_behind(full) == []


def test_an_interrupted_rebuild_goes_on_where_it_was(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    before = engine_processes.dump(full)

    def interrupt(progress: Progress) -> None:
        if progress.position == 20:
            one.interrupt()

    one = Rebuild(full.store, full.tables, GROUPS, batch=BATCH, on_progress=interrupt)
    with pytest.raises(Interrupted):
        one.run()
    assert engine_processes.dump(full) == before
    starts = scans(full, monkeypatch)
    assert Rebuild(full.store, full.tables, GROUPS, batch=BATCH).run() == 60
    assert 20 <= min(starts) <= 40
    assert engine_processes.dump(full) == before
    assert engine_processes.left_behind(full) == []


def test_a_rebuild_cancelled_here_leaves_nothing_behind(full: Workledger) -> None:
    one = Rebuild(full.store, full.tables, GROUPS, batch=BATCH, on_progress=lambda progress: one.cancel())
    with pytest.raises(RebuildCancelled):
        one.run()
    assert engine_processes.left_behind(full) == []


def test_groups_that_stand_at_different_positions_are_rebuilt_in_one_pass(database_ledger: Workledger) -> None:
    """Of the live tables, and of shadows that were left by rebuilds of one group alone."""
    ledger = database_ledger
    work(ledger, 12)
    for upto, group in zip((60, 10, 0, 33), GROUPS, strict=True):
        Projector(ledger.store, ledger.tables, [group]).catch_up(upto=upto)
        Rebuild(ledger.store, ledger.tables, group).build(upto // 2)
    assert Rebuild(ledger.store, ledger.tables, GROUPS, batch=7).run() == 60
    engine_processes.nothing_differs(ledger)
    assert engine_processes.left_behind(ledger) == []


def test_a_log_without_an_event_of_concern_is_rebuilt_to_its_end(database_ledger: Workledger) -> None:
    append(database_ledger, chunk("ann"), chunk("ann"))
    feed = GROUPS[3]
    assert Rebuild(database_ledger.store, database_ledger.tables, feed).run() == 2
    assert Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run() == 2
    engine_processes.nothing_differs(database_ledger)


def test_an_empty_log_is_rebuilt_to_empty_tables(database_ledger: Workledger) -> None:
    assert Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run() == 0
    work(database_ledger, 1)
    assert database_ledger.catch_up() == 5
    engine_processes.nothing_differs(database_ledger)
