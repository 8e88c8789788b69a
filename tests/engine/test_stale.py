"""Stale dead letters: folded alone after later events of other streams they would go wrong, in a rebuild not."""

from typing import Any

import pytest

from support import engine_processes
from support.golden_events import append, card, happened
from workledger import Workledger
from workledger.domain.kernel.store import Stored
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow import stale
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.replay import Replayed, retry
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import dead_letters
from workledger.projections.groups import GROUPS

BOARD = GROUPS[0]


def broken(topic: str, stream: str) -> Group:
    """The board of a release that cannot fold that kind of event in that stream."""
    group = Group(BOARD.name, BOARD.tables)
    for encoded in (True, False):
        function = group.fold_function(topic, encoded)
        assert function is not None

        def breaks(row: tuple[Any, ...], changes: Any, function: Any = function) -> None:
            if row[1] == stream:
                raise RuntimeError("broken")
            function(row, changes)

        group._functions[topic, encoded] = breaks
    return group


def run(run_id: str, what: str, agent: str = "ann", **fields: Any) -> Stored:
    return happened(f"agent_run.{what}", run_id, {"agent": agent, "run": run_id, "task": "t", "project": "p"}, **fields)


def agent() -> Stored:
    return happened("agent.created", "ann", {"agent": "ann", "project": "p"}, project_id="p")


def fold(ledger: Workledger, group: Group, *events: Stored) -> list[int]:
    """Which of the events are set aside."""
    append(ledger, *events)
    Projector(ledger.store, ledger.tables, [group]).catch_up()
    return positions(ledger)


def positions(ledger: Workledger) -> list[int]:
    with ledger.tables.engine.connect() as connection:
        return [letter.position for letter in dead_letters.find(connection, BOARD.name)]


def retried(ledger: Workledger) -> Replayed:
    return retry(ledger.store, ledger.tables, BOARD)


STALE = {
    "its project was deleted": (
        broken("task.created", "task-t"),
        [happened("project.created", "p", {"project": "p"}), card("t")],
        happened("project.deleted", "p", {"project": "p"}),
    ),
    "a run spent tokens on the card that was not there": (
        broken("task.created", "task-t"),
        [card("t")],
        run("r", "turn_completed"),
    ),
    "the agent went on to another run": (
        broken("agent_run.started", "agent_run-r"),
        [card("t"), agent(), run("r", "started"), run("r", "completed")],
        run("next", "started"),
    ),
}


@pytest.mark.parametrize("page", [1, 10_000])
@pytest.mark.parametrize("what", STALE)
def test_stale_letters_are_left_for_a_rebuild(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch, what: str, page: int
) -> None:
    """It fails when letters are folded whatever came later: the tables are not what the log says then."""
    monkeypatch.setattr(stale, "PAGE", page)
    group, events, later = STALE[what]
    aside = fold(database_ledger, group, *events, later)
    assert retried(database_ledger) == Replayed(0, len(aside), len(aside))
    assert positions(database_ledger) == aside != []
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run()
    assert positions(database_ledger) == []
    engine_processes.nothing_differs(database_ledger)


@pytest.mark.parametrize("what", STALE)
def test_before_they_are_stale_they_are_folded(database_ledger: Workledger, what: str) -> None:
    group, events, later = STALE[what]
    aside = fold(database_ledger, group, *events)
    assert retried(database_ledger) == Replayed(len(aside), 0)
    append(database_ledger, later)
    database_ledger.catch_up()
    engine_processes.nothing_differs(database_ledger)


def test_what_others_did_to_other_rows_makes_nothing_stale(database_ledger: Workledger) -> None:
    aside = fold(
        database_ledger,
        broken("task.created", "task-bad"),
        card("bad"),
        card("t"),
        agent(),
        happened("task.moved", "bad", {"project": "p", "task": "bad"}, from_column="backlog", board_column="done"),
        run("r", "started"),
        run("r", "turn_completed"),
    )
    assert aside == [1, 4]
    assert retried(database_ledger) == Replayed(2, 0)
    database_ledger.catch_up()
    engine_processes.nothing_differs(database_ledger)


def test_a_stale_stream_does_not_block_another(database_ledger: Workledger) -> None:
    both = broken("task.created", "task-t")
    fold(database_ledger, both, card("t"), run("r", "turn_completed"))
    fold(database_ledger, broken("task.created", "task-two"), card("two"))
    assert retried(database_ledger) == Replayed(1, 1, 1)
    assert positions(database_ledger) == [1]
