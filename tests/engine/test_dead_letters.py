"""Dead letters: folded after all once the cause is mended, let go, and never lost (16)."""

from typing import Any

import pytest
import sqlalchemy as sa

from commandline.typed import wait_until
from support import engine_processes
from support.golden_events import append, card, happened, work
from support.reference_fold import Reference
from workledger import Workledger
from workledger.domain.task.card_events import TaskMoved
from workledger.projections import tasks
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.follow.replay import DeadLetterNotFound, Replayed, drop, retry
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.undo import undo
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.groups import GROUPS
from workledger.projections.task_counts import TaskCounts

BOARD = GROUPS[0]


@pytest.fixture
def poisoned(database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> Workledger:
    """Of two cards each move failed, and what came after it waits; the cause is mended by now."""
    for id in ("one", "two"):
        append(
            database_ledger, card(id, board_column="backlog"), moved(id, "queued"), moved(id, "in_progress", "queued")
        )
        append(database_ledger, happened("task.labels_changed", id, labels=[id]))
    with monkeypatch.context() as broken:
        fails(broken)
        Projector(database_ledger.store, database_ledger.tables, [Group(BOARD.name, BOARD.tables)]).catch_up()
    database_ledger.catch_up()
    assert positions(database_ledger) == [2, 3, 4, 6, 7, 8]
    return database_ledger


def fails(patch: pytest.MonkeyPatch) -> None:
    def breaks(*given: Any) -> Any:
        raise RuntimeError("broken")

    patch.setitem(TaskCounts.FOLDS, TaskMoved, breaks)


def moved(id: str, to: str, by: str = "backlog") -> Any:
    return happened("task.moved", id, {"project": "p"}, from_column=by, board_column=to)


def letters(ledger: Workledger) -> list[DeadLetter]:
    with ledger.tables.engine.connect() as connection:
        return dead_letters.find(connection, BOARD.name)


def positions(ledger: Workledger) -> list[int]:
    assert {at.dead_letters for group, at in ledger.projector.checkpoints().items() if group is BOARD} == {
        len(letters(ledger))
    }
    return [letter.position for letter in letters(ledger)]


def columns(ledger: Workledger) -> dict[str, int]:
    return {name: count for name, count in tasks.counts(ledger.tables, "p").items() if count}


def test_what_was_set_aside_is_folded_after_all_each_stream_in_its_order(poisoned: Workledger) -> None:
    """Proves that letters are replayed in the order of the log: it fails when they are taken the other way round."""
    assert retry(poisoned.store, poisoned.tables, BOARD) == Replayed(6, 0)
    assert positions(poisoned) == []
    assert columns(poisoned) == {"in_progress": 2}
    engine_processes.nothing_differs(poisoned)
    append(poisoned, moved("one", "done", "in_progress"))
    poisoned.catch_up()
    assert columns(poisoned) == {"in_progress": 1, "done": 1}
    engine_processes.nothing_differs(poisoned)


def test_later_events_of_a_stream_wait_and_those_of_others_do_not(poisoned: Workledger) -> None:
    """Proves that streams stay blocked: it fails when `blocked_streams` is not read with the checkpoint."""
    append(poisoned, moved("one", "done", "in_progress"), card("three"))
    poisoned.catch_up()
    assert positions(poisoned) == [2, 3, 4, 6, 7, 8, 9]
    assert columns(poisoned) == {"backlog": 3}
    retry(poisoned.store, poisoned.tables, BOARD)
    engine_processes.nothing_differs(poisoned)


def test_one_stream_may_be_tried_alone(poisoned: Workledger) -> None:
    assert retry(poisoned.store, poisoned.tables, BOARD, position=7) == Replayed(3, 0)
    assert positions(poisoned) == [2, 3, 4]
    assert columns(poisoned) == {"backlog": 1, "in_progress": 1}
    for position in (1, 7, 99):
        with pytest.raises(DeadLetterNotFound) as refused:
            retry(poisoned.store, poisoned.tables, BOARD, position=position)
        assert str(refused.value) == f"There is no dead letter of board at position {position}."


def test_what_fails_again_stays_with_what_waits_behind_it(
    poisoned: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a stream is not gone on with past an event that failed: it fails without `stuck`."""
    fails(monkeypatch)
    broken = Group(BOARD.name, BOARD.tables)
    assert retry(poisoned.store, poisoned.tables, broken) == Replayed(0, 6)
    assert positions(poisoned) == [2, 3, 4, 6, 7, 8]
    assert [letter.attempts for letter in letters(poisoned)] == [2, 0, 0, 2, 0, 0]
    monkeypatch.undo()
    assert retry(poisoned.store, poisoned.tables, BOARD) == Replayed(6, 0)
    engine_processes.nothing_differs(poisoned)


def test_one_is_let_go_and_what_waits_behind_it_is_folded(poisoned: Workledger) -> None:
    assert drop(poisoned.store, poisoned.tables, BOARD, 2) == Replayed(2, 0)
    assert positions(poisoned) == [6, 7, 8]
    log = poisoned.store.scan(0, 100, upto=poisoned.head())
    without = [row for row in log if row[0] not in (2, 6, 7, 8)]
    assert Reference(BOARD).fold(without).differences(poisoned) == []


def test_one_that_waits_may_be_let_go_and_the_others_go_on_waiting(poisoned: Workledger) -> None:
    assert drop(poisoned.store, poisoned.tables, BOARD, 3) == Replayed(0, 0)
    assert positions(poisoned) == [2, 4, 6, 7, 8]
    with pytest.raises(DeadLetterNotFound):
        drop(poisoned.store, poisoned.tables, BOARD, 3)


def test_a_rebuild_folds_them_once_the_cause_is_mended_and_an_undo_brings_them_back(poisoned: Workledger) -> None:
    found = letters(poisoned)
    assert verify(poisoned.store, poisoned.tables, BOARD).differences != [], "today's release can fold them"
    Rebuild(poisoned.store, poisoned.tables, GROUPS).run()
    assert positions(poisoned) == []
    engine_processes.nothing_differs(poisoned)
    undo(poisoned.tables, GROUPS)
    assert letters(poisoned) == found
    retry(poisoned.store, poisoned.tables, BOARD)
    engine_processes.nothing_differs(poisoned)


def test_when_a_letter_cannot_be_written_nothing_is_lost(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """marten#5229. Proves that letters, rows and checkpoint are of one transaction: it fails when the checkpoint is
    moved before in one of its own. The loop says what is wrong, tries again, and goes on once that is mended."""
    monkeypatch.setattr("workledger.projections.engine.follow.worker_loop.PAUSE_SECONDS", 0.02)
    work(database_ledger, 1)
    append(database_ledger, happened("task.created", "bad", title=None))
    loop = ProjectorLoop(database_ledger.projector)
    with database_ledger.tables.writing() as connection:
        connection.execute(sa.text("alter table dead_letters rename to mislaid"))
    loop.start()
    try:
        wait_until(lambda: loop.error)
        assert not loop.healthy
        assert "dead_letters" in str(loop.error)
        with database_ledger.tables.engine.connect() as connection:
            assert connection.scalar(sa.text("select max(position) from checkpoints where name = 'board'")) == 0
        with database_ledger.tables.writing() as connection:
            connection.execute(sa.text("alter table mislaid rename to dead_letters"))
        assert loop.wait_for(6, 60)
        wait_until(lambda: loop.healthy)
    finally:
        loop.stop()
    assert positions(database_ledger) == [6]
    log = database_ledger.store.scan(0, 5, upto=5)
    assert Reference(BOARD).fold(log).differences(database_ledger) == []


def test_letters_of_a_loop_that_goes_on_and_those_that_are_retried_meanwhile_agree(poisoned: Workledger) -> None:
    """A loop knows which streams are held up; when that changes under it, it looks again. It fails when `advance`
    does not compare how many letters there are."""
    loop = ProjectorLoop(poisoned.projector)
    loop.start()
    try:
        assert loop.wait_for(poisoned.head(), 60)
        retry(poisoned.store, poisoned.tables, BOARD)
        append(poisoned, moved("one", "done", "in_progress"))
        loop.wake()
        assert loop.wait_for(poisoned.head(), 60)
        assert positions(poisoned) == []
        engine_processes.nothing_differs(poisoned)
    finally:
        loop.stop()
