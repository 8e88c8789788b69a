"""Events that cannot be folded: each is set aside with the later events of its stream, everything else goes on (16).

Each test fails when `bisect` is left out of `writing.write`, as then nothing goes on.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from support import engine_processes
from support.golden_events import append, card, chunk, happened, work
from support.reference_fold import Reference
from workledger import Workledger
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import Stored
from workledger.domain.task.card_events import TaskMoved
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.groups import GROUPS
from workledger.projections.task_counts import TaskCounts

BOARD, LOGS = GROUPS[0], GROUPS[2]
SURROGATE = '{"title": "\\ud800"}'


def changed(**fields: Any) -> Stored:
    return happened("task.details_changed", "bad", only=True, **fields)


def reordered(plan_order: int) -> Stored:
    return happened("task.reordered", "bad", data=f'{{"plan_order": {plan_order}}}')


POISON = {
    "what is no text": changed(data=SURROGATE),
    "a list for a text": changed(title=["a list"]),
    "a number for a text": changed(title=7),
    "null for what is never null": changed(title=None),
    "a number no database keeps": reordered(2**70),
    "a number that has a fraction": happened("task.reordered", "bad", data='{"plan_order": 0.5}'),
    "a version to come": changed(schema_version=9, title="new"),
    "a card that was there already": card("bad"),
    "a field that a function misses": happened("task.moved", "bad", {"project": "p"}, only=True, board_column="done"),
}
PURGES = {
    "a field that a barrier misses": happened("agent_log.purged", "ann:1", only=True, agent_id="ann"),
    "a barrier's version to come": happened("agent_log.purged", "ann:1", schema_version=9, agent_id="ann"),
    "a barrier that is no text": happened("agent_log.purged", "ann:1", data=SURROGATE),
}


def letters(ledger: Workledger, group: Group) -> list[DeadLetter]:
    with ledger.tables.engine.connect() as connection:
        return dead_letters.find(connection, group.name)


def only_letters_are_left_out(ledger: Workledger, groups: tuple[Group, ...] = GROUPS) -> None:
    """The tables are what the log says without what was set aside; verifying and rebuilding say so too."""
    log = ledger.store.scan(0, 100_000, upto=ledger.head())
    for group in groups:
        aside = {letter.position for letter in letters(ledger, group)}
        kept = [row for row in log if row[0] not in aside]
        assert Reference(group).fold(kept).differences(ledger) == []
        assert verify(ledger.store, ledger.tables, group).differences == []


@pytest.mark.parametrize("batch", [1, 5000])
@pytest.mark.parametrize("what", POISON)
def test_what_cannot_be_folded_is_set_aside_with_what_follows_it(
    database_ledger: Workledger, what: str, batch: int
) -> None:
    """In batches of one, and with everything in one. Tables that are made anew leave out the same."""
    before = append(database_ledger, card("bad"), card("good"))[-1]
    poison, waits = append(database_ledger, POISON[what], changed(title="later"))
    work(database_ledger, 2)
    projector = Projector(database_ledger.store, database_ledger.tables, GROUPS, batch=batch)
    assert projector.catch_up() == database_ledger.head() > waits
    found = letters(database_ledger, BOARD)
    assert [(one.position, one.stream_id, one.attempts) for one in found] == [
        (poison, "task-bad", 1),
        (waits, "task-bad", 0),
    ]
    assert found[0].error
    assert found[1].error is None
    assert letters(database_ledger, LOGS) == []
    only_letters_are_left_out(database_ledger)
    assert Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run() > before
    again = letters(database_ledger, BOARD)
    assert [(one.position, bool(one.error)) for one in again] == [(poison, True), (waits, False)]
    only_letters_are_left_out(database_ledger)


@pytest.mark.parametrize("what", PURGES)
def test_a_barrier_that_cannot_be_passed_is_set_aside(database_ledger: Workledger, what: str) -> None:
    """It fails when an error of a barrier, or of reading its payload, is not taken as the event's."""
    append(database_ledger, chunk("ann"), PURGES[what], chunk("ann"), chunk("bob"))
    assert database_ledger.catch_up() == 4
    assert [one.position for one in letters(database_ledger, LOGS)] == [2, 3]
    assert letters(database_ledger, BOARD) == []
    only_letters_are_left_out(database_ledger)


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    """A release in which moving a card fails, and in which details have a version 2 that nobody can bring up."""

    def breaks(*given: Any) -> Any:
        raise RuntimeError("no \x00 such \ud800 column")

    monkeypatch.setitem(TaskCounts.FOLDS, TaskMoved, breaks)
    details = Event.TOPICS["task.details_changed"]
    monkeypatch.setattr(details, "VERSION", 2)
    monkeypatch.setattr(details, "upcast_v1_v2", breaks, raising=False)
    group = Group(BOARD.name, BOARD.tables)
    yield group
    group.__dict__.clear()


def test_functions_that_fail_set_events_aside_and_say_why(database_ledger: Workledger, broken: Group) -> None:
    """Of a table, and of an event that is brought up to date. What they say may hold what no database keeps: it fails
    when `said` does not replace that."""
    append(database_ledger, card("bad"), changed(title="two"), card("moved"), card("good"))
    append(database_ledger, happened("task.moved", "moved", {"project": "p"}))
    assert Projector(database_ledger.store, database_ledger.tables, [broken]).catch_up() == 5
    assert [(one.position, one.error) for one in letters(database_ledger, BOARD)] == [
        (2, "RuntimeError: no \N{REPLACEMENT CHARACTER} such ? column"),
        (5, "RuntimeError: no \N{REPLACEMENT CHARACTER} such ? column"),
    ]


def test_very_many_streams_may_be_poisoned_at_once(database_ledger: Workledger) -> None:
    """Proves that a batch is not taken apart by recursion: it fails when `apply` calls itself for what is left."""
    count = 1200
    append(database_ledger, *(happened("task.created", f"bad{number}", title=7) for number in range(count)))
    work(database_ledger, 1)
    assert database_ledger.catch_up() == count + 5
    assert len(letters(database_ledger, BOARD)) == count
    log = database_ledger.store.scan(count, 10, upto=count + 5)
    assert Reference(BOARD).fold(log).differences(database_ledger) == []


def test_two_rows_that_must_differ_are_told_apart_in_a_rebuild_too(database_ledger: Workledger) -> None:
    """Proves that unique indexes are there from the start: it fails when a rebuild makes them at its end, as then it
    never comes to an end."""
    for id in ("one", "two", "three"):
        key = "once" if id != "three" else "another"
        append(database_ledger, happened("stage_run.queued", id, idempotency_key=key, project_id="p"))
    assert database_ledger.catch_up() == 3
    assert [one.position for one in letters(database_ledger, BOARD)] == [2]
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run()
    assert [one.position for one in letters(database_ledger, BOARD)] == [2]
    only_letters_are_left_out(database_ledger)


def test_topics_that_a_newer_release_writes_are_passed_over(database_ledger: Workledger) -> None:
    append(database_ledger, happened("task.teleported", "bad"), happened("future.came", "x"))
    work(database_ledger, 1)
    assert database_ledger.catch_up() == 7
    assert [letters(database_ledger, group) for group in GROUPS] == [[]] * len(GROUPS)
    engine_processes.nothing_differs(database_ledger)


LONG = random.Random(7).randbytes(9000).hex()
TOO_LARGE = {
    "of an index that is made last": happened("session_feed.entry_published", "bad", type=LONG),
    "of an index that is there": happened("stage_run.queued", "bad", idempotency_key=LONG),
}


@pytest.mark.parametrize("what", TOO_LARGE)
def test_a_value_that_no_index_takes_is_set_aside(database_ledger: Workledger, what: str) -> None:
    """Not only while the log is followed: a rebuild finds out when all is written and it makes indexes, and begins
    again with the indexes. It fails when that is no fault, and without `_filled_with_indexes`."""
    ledger = database_ledger
    aside = [2] if ledger.url.startswith("postgres") else []  # SQLite takes it
    append(ledger, card("one"), TOO_LARGE[what], card("two"), happened("session_feed.entry_published", "good"))
    assert ledger.catch_up() == 4
    assert [one.position for group in GROUPS for one in letters(ledger, group)] == aside
    only_letters_are_left_out(ledger)
    assert Rebuild(ledger.store, ledger.tables, GROUPS).run() == 4
    assert [one.position for group in GROUPS for one in letters(ledger, group)] == aside
    only_letters_are_left_out(ledger)
    assert engine_processes.left_behind(ledger) == []


def test_what_follows_poison_waits_although_it_was_folded_before_the_database_refused_that(
    database_ledger: Workledger,
) -> None:
    """A rebuild folds a batch while the one before it is written, and only then is it seen that a text is none. It
    fails when the batch is not folded again once streams are held up."""
    append(database_ledger, card("bad"), changed(data=SURROGATE), changed(title="later"), card("one"))
    database_ledger.catch_up()
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS, batch=2).run()
    assert [one.position for one in letters(database_ledger, BOARD)] == [2, 3]
    only_letters_are_left_out(database_ledger)
