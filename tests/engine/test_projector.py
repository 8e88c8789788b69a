"""The projector: rows and checkpoint in one transaction, each event folded once, whoever else folds."""

import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

import workledger
from commandline.typed import wait_until
from support import writers
from workledger import Workledger
from workledger.domain.agent_log import append_chunk
from workledger.domain.kernel.store import Conditions, Stored
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.projections import agent_logs, tasks
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import Tasks


@pytest.fixture
def busy(database_ledger: Workledger) -> Workledger:
    """A ledger with cards to count and chunks to add up, none of them folded yet."""
    write(database_ledger, 60)
    return database_ledger


def write(ledger: Workledger, count: int) -> None:
    if ledger.find(Project, "p") is None:
        ledger.create(Project.create(id="p", name="Bakery"))
    for start in range(0, count, 20):
        with ledger.unit() as unit:
            for number in range(start, start + 20):
                unit.create(Task.create(title=f"Task {number}", project_id="p"))
                append_chunk(unit, agent_id="ann", agent_name="Ann", session_number=1, content="x")


def counted(ledger: Workledger) -> tuple[int, int]:
    """What the counters say: cards in the backlog, chunks of the log."""
    sessions = agent_logs.sessions(ledger.tables, "ann")
    return tasks.counts(ledger.tables, "p")["backlog"], sum(one["chunks"] for one in sessions)


def nothing_differs(ledger: Workledger) -> None:
    for group in GROUPS:
        assert verify(ledger.store, ledger.tables, group).differences == []


def projector_of(ledger: Workledger, batch: int) -> Projector:
    return Projector(ledger.store, ledger.tables, GROUPS, batch=batch)


@pytest.mark.parametrize("batch", [3, 7, 121, 5000])
def test_batches_of_any_size_come_to_the_same(busy: Workledger, batch: int) -> None:
    assert projector_of(busy, batch).catch_up() == busy.head()
    assert counted(busy) == (60, 60)
    nothing_differs(busy)


def test_tables_may_be_brought_up_to_a_position_only(busy: Workledger) -> None:
    assert projector_of(busy, 10).catch_up(upto=101) == 101
    assert counted(busy) == (50, 50)
    assert busy.projector.position() == 101
    busy.catch_up()
    assert counted(busy) == (60, 60)


def test_catching_up_again_changes_nothing(busy: Workledger) -> None:
    busy.catch_up()
    busy.catch_up()
    assert counted(busy) == (60, 60)


def test_rows_and_checkpoint_are_written_together_or_not_at_all(
    busy: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    bulk = type(busy.tables.bulk)
    insert = bulk.insert

    def breaks_down(*arguments: Any) -> None:
        insert(*arguments)
        raise ZeroDivisionError

    monkeypatch.setattr(bulk, "insert", breaks_down)
    with pytest.raises(ZeroDivisionError):
        busy.catch_up()
    assert (busy.projector.position(), counted(busy)) == (0, (0, 0))
    monkeypatch.undo()
    busy.catch_up()
    assert counted(busy) == (60, 60)


def test_a_checkpoint_is_moved_by_whoever_knows_where_it_stands(busy: Workledger) -> None:
    at = busy.projector.checkpoints()[GROUPS[0]]
    busy.catch_up()
    with pytest.raises(Superseded), busy.tables.writing() as connection:
        checkpoints.advance(connection, at, replace(at, position=5))
    assert busy.projector.position() == busy.head()


def test_two_projectors_in_threads_count_nothing_twice(busy: Workledger) -> None:
    errors: list[BaseException] = []

    def fold(batch: int) -> None:
        try:
            projector_of(busy, batch).catch_up()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=fold, args=(batch,)) for batch in (11, 13, 17)]
    for thread in threads:
        thread.start()
    write(busy, 40)
    for thread in threads:
        thread.join()
    busy.catch_up()
    assert errors == []
    assert counted(busy) == (100, 100)
    nothing_differs(busy)


def test_projectors_in_processes_count_nothing_twice_though_they_are_killed(database_url: str) -> None:
    """kill -9 at random moments, again and again; the tables are what a rebuild makes."""
    with workledger.open(database_url) as ledger:
        for _ in range(3):
            with (
                writers.running(writers.project, database_url, 11) as (one, said_one),
                writers.running(writers.project, database_url, 13) as (two, said_two),
            ):
                said_one.recv()
                said_two.recv()
                write(ledger, 40)
                one.join(random.uniform(0, 0.1))
                writers.kill(one)
                two.join(random.uniform(0, 0.1))
                writers.kill(two)
        ledger.catch_up()
        assert counted(ledger) == (120, 120)
        nothing_differs(ledger)


def test_topics_that_no_table_knows_are_passed_over(busy: Workledger) -> None:
    future = Stored(originator_id="future-1", originator_version=1, topic="future.came", state=b"{}", at="2030")
    busy.store.insert_events([future], conditions=Conditions())
    assert busy.catch_up() == busy.head()
    assert counted(busy) == (60, 60)


def test_groups_may_stand_at_different_positions(busy: Workledger) -> None:
    logs = next(group for group in GROUPS if group.name == "agent_logs")
    Projector(busy.store, busy.tables, [logs], batch=50).catch_up(upto=101)
    assert counted(busy) == (0, 50)
    projector_of(busy, 30).catch_up()
    assert counted(busy) == (60, 60)
    nothing_differs(busy)


def test_tables_that_are_declared_differently_are_rebuilt(busy: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    busy.catch_up()
    with busy.tables.writing() as connection:
        connection.execute(sa.delete(Tasks.table))
    busy.catch_up()
    assert busy.tables.all(Tasks.table.select()) == [], "what was folded is not folded again"
    newer(monkeypatch, busy).catch_up()
    assert len(busy.tables.all(Tasks.table.select())) == 60


def newer(monkeypatch: pytest.MonkeyPatch, ledger: Workledger) -> Projector:
    """A projector of a release that declares its tables differently."""
    monkeypatch.setattr("workledger.projections.engine.table.REVISION", 99)
    return Projector(ledger.store, ledger.tables, [Group(group.name, group.tables) for group in GROUPS], batch=9)


def test_many_projectors_of_a_new_release_rebuild_together(busy: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    busy.catch_up()
    projectors = [newer(monkeypatch, busy) for _ in range(4)]
    errors: list[BaseException] = []

    def fold(projector: Projector) -> None:
        try:
            projector.catch_up()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=fold, args=(projector,)) for projector in projectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert counted(busy) == (60, 60)
    for group in projectors[0].groups:
        assert verify(busy.store, busy.tables, group).differences == []


def test_an_older_release_that_is_still_running_spoils_nothing(
    busy: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was in the middle of the log when the new release swapped the tables."""
    old = projector_of(busy, 20)
    old.catch_up(upto=60)
    later = newer(monkeypatch, busy)
    original = old._round
    rounds: list[int] = []

    def another_was_first(*arguments: object) -> object:
        if not rounds:
            later.catch_up()
        rounds.append(1)
        return original(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(old, "_round", another_was_first)
    old.catch_up()
    assert {at.fingerprint for at in old.checkpoints().values()} == {group.fingerprint for group in GROUPS}, (
        "it has folded into tables that are declared as it knows them"
    )
    assert counted(busy) == (60, 60)
    nothing_differs(busy)


@pytest.fixture
def loop(database_ledger: Workledger) -> Iterator[ProjectorLoop]:
    loop = ProjectorLoop(database_ledger.projector)
    loop.start()
    yield loop
    loop.stop()
    assert not loop.alive


def test_the_loop_follows_the_log(database_ledger: Workledger, loop: ProjectorLoop) -> None:
    database_ledger.listen(loop.wake)
    write(database_ledger, 20)
    assert loop.wait_for(database_ledger.head(), 60)
    assert counted(database_ledger) == (20, 20)
    assert loop.healthy
    assert not loop.wait_for(database_ledger.head() + 1, 0.05)


def test_the_loop_goes_on_after_a_failure(
    database_ledger: Workledger, loop: ProjectorLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workledger.projections.engine.follow.worker_loop.PAUSE_SECONDS", 0.01)
    with monkeypatch.context() as broken:
        broken.setattr("workledger.projections.engine.fold.writing.write", lambda *arguments: 1 / 0)
        write(database_ledger, 20)
        while loop.error is None:
            assert not loop.wait_for(database_ledger.head(), 0.01)
        assert (loop.healthy, loop.alive) == (False, True)
        assert loop.error == "ZeroDivisionError: division by zero"
    assert loop.wait_for(database_ledger.head(), 60)
    wait_until(lambda: loop.healthy)
    assert counted(database_ledger) == (20, 20)
