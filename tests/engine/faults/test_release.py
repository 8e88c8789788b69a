"""Another release: its tables are built in the background while the old ones serve, and each lets the other be (13)."""

from collections.abc import Iterable, Iterator

import pytest

from commandline.typed import wait_until
from support import engine_processes
from support.golden_events import work
from support.releases import Held, fingerprint, newer
from workledger import Workledger
from workledger.api.web.service import Service
from workledger.projections import tasks
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import held_leases
from workledger.projections.groups import GROUPS


@pytest.fixture
def full(database_ledger: Workledger) -> Workledger:
    work(database_ledger, 4)
    database_ledger.catch_up()
    return database_ledger


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ProjectorLoop]]:
    """Loops that are stopped at the end. Their leases are renewed often, and do not expire on a slow machine."""
    monkeypatch.setattr(held_leases, "RENEWALS", 200)
    loops: list[ProjectorLoop] = []
    yield loops
    for loop in loops:
        loop.stop()


def start(loops: list[ProjectorLoop], ledger: Workledger, groups: list[Group]) -> ProjectorLoop:
    loop = ProjectorLoop(Projector(ledger.store, ledger.tables, groups), lease_seconds=60.0)
    loops.append(loop)
    loop.start()
    return loop


def names(groups: Iterable[Group]) -> set[str]:
    return {group.name for group in groups}


def cards(ledger: Workledger) -> int:
    return sum(tasks.counts(ledger.tables, "p").values())


def test_changed_tables_are_built_beside_the_old_ones_while_those_serve_and_other_groups_follow(
    full: Workledger, running: list[ProjectorLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the loop does not wait for a rebuild: it fails when that runs in the loop's own thread. Proves as
    well that the group is followed afterwards although batches were written just when it was swapped in."""
    held = Held(monkeypatch)
    loop = start(running, full, newer("board"))
    assert held.began.wait(60)
    work(full, 2, 4)
    wait_until(lambda: full.projector.checkpoints()[GROUPS[2]].position == 30)
    assert cards(full) == 4, "the old tables are there, and stay as they were"
    assert fingerprint(full) == GROUPS[0].fingerprint
    held.go_on.set()
    wait_until(lambda: fingerprint(full) == "newer")
    for number in range(6, 20):
        work(full, 1, number)
    assert loop.wait_for(100, 60)
    assert loop.healthy
    assert cards(full) == 20
    engine_processes.nothing_differs(full)


def test_a_new_release_need_not_wait_until_the_old_one_stops(full: Workledger, running: list[ProjectorLoop]) -> None:
    """The old one has all the leases, and goes on with what it knows; the new one gets those of its tables. Proves that
    a loop gives a group back that is another release's now: it fails without `release` in `_look`, as nobody follows
    the log with the new tables then. And the old one does not rebuild them back: it says what has happened."""
    old = start(running, full, list(GROUPS))
    assert old.wait_for(20, 60)
    new = start(running, full, newer("board", "session_feed"))
    wait_until(lambda: names(new.held) == {"board", "session_feed"})
    work(full, 3, 4)
    assert new.wait_for(35, 60)
    wait_until(lambda: old.error)
    assert old.error == "another release has rebuilt board, session_feed; this one leaves it alone"
    wait_until(lambda: new.healthy)
    assert not old.healthy
    wait_until(lambda: names(old.held) == {"tool_calls", "agent_logs"})
    assert names(new.held) == {"board", "session_feed"}
    assert fingerprint(full) == "newer"
    engine_processes.nothing_differs(full)
    old.stop()
    wait_until(lambda: len(new.held) == 4)


def test_a_new_release_leaves_a_group_to_the_old_one_until_it_has_rebuilt_it(
    full: Workledger, running: list[ProjectorLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes its share of the groups that it can follow. It fails when it takes leases of those that it cannot, as
    the old tables stand still from then on until the rebuild is done."""
    held = Held(monkeypatch)
    old = start(running, full, list(GROUPS))
    wait_until(lambda: len(old.held) == 4)
    new = start(running, full, newer("board", "session_feed"))
    assert held.began.wait(60)
    wait_until(lambda: (names(old.held), names(new.held)) == ({"board", "session_feed"}, {"tool_calls", "agent_logs"}))
    work(full, 1, 4)
    wait_until(lambda: full.projector.position() == 25)
    assert cards(full) == 5, "the old tables go on"
    held.go_on.set()
    wait_until(lambda: (names(new.held), names(old.held)) == ({"board", "session_feed"}, {"tool_calls", "agent_logs"}))
    engine_processes.nothing_differs(full)


def test_a_service_is_not_ready_before_its_tables_are(full: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that readiness asks for the declaration: it fails when it is enough that some tables have been read."""
    held = Held(monkeypatch)
    full.projector = Projector(full.store, full.tables, newer("board"))
    service = Service(full)
    service.start()
    try:
        assert held.began.wait(60)
        wait_until(lambda: service.loop is not None and service.loop.position > 0)
        assert service.healthy
        assert not service.projected
        held.go_on.set()
        wait_until(lambda: service.projected)
    finally:
        service.stop()


def test_a_rebuild_that_fails_is_told_until_it_succeeds(
    full: Workledger, running: list[ProjectorLoop], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a failed rebuild stays visible while the other groups go on well: it fails when the next batch that
    is written takes the error away."""
    monkeypatch.setattr("workledger.projections.engine.follow.background.PAUSE_SECONDS", 0.1)
    with monkeypatch.context() as broken:
        broken.setattr(Rebuild, "build", lambda *given: 1 / 0)
        loop = start(running, full, newer("board"))
        wait_until(lambda: loop.error)
        work(full, 1, 4)
        wait_until(lambda: full.projector.checkpoints()[GROUPS[2]].position == 25)
        assert loop.error == "ZeroDivisionError: division by zero"
    assert loop.wait_for(25, 60)
    wait_until(lambda: loop.healthy)
    engine_processes.nothing_differs(full)


def test_a_loop_that_waited_while_another_rebuilt_does_not_do_it_again(
    full: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails when a rebuild that nobody asked for does not look whether it is still to be done."""
    built: list[str] = []
    build = Rebuild.build
    monkeypatch.setattr(Rebuild, "build", lambda one, *given: (built.append(one.names), build(one, *given))[1])
    both = newer("board", "session_feed")
    wanted = [group for group in both if group.name in ("board", "session_feed")]
    Rebuild(full.store, full.tables, wanted[:1]).run()
    assert Rebuild(full.store, full.tables, wanted, automatic=True).run() == 20
    assert built == ["board"], "the loop looks again, and begins with what is left"
    Rebuild(full.store, full.tables, wanted[1:], automatic=True).run()
    assert built == ["board", "session_feed"]
    Rebuild(full.store, full.tables, wanted).run()
    assert built == ["board", "session_feed", "board, session_feed"], "it was asked for"


def test_many_loops_of_a_new_release_rebuild_once(full: Workledger, running: list[ProjectorLoop]) -> None:
    groups = [newer("board", "tool_calls", "agent_logs", "session_feed") for _ in range(4)]
    loops = [start(running, full, one) for one in groups]
    work(full, 1, 4)
    for loop in loops:
        assert loop.wait_for(25, 60)
    wait_until(lambda: all(loop.healthy for loop in loops))
    assert {loop._rebuild.failure for loop in loops} == {None}
    assert [verify(full.store, full.tables, group).differences for group in groups[0]] == [[]] * 4
