"""Whoever was paused, and writes what was folded when others have moved the checkpoint: nothing is written (11)."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from support import engine_processes
from support.golden_events import append, happened, work
from workledger import Workledger
from workledger.adapters.postgres import bulk
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.writing import FoldedEvents
from workledger.projections.engine.state.checkpoints import CHECKPOINTS, Superseded
from workledger.projections.groups import GROUPS


def moved_on(ledger: Workledger) -> None:
    """Another process has folded the same events."""
    ledger.catch_up()


def another_release(ledger: Workledger) -> None:
    """Tables that are declared differently were swapped in; they stand at the same position."""
    with ledger.tables.writing() as connection:
        connection.execute(CHECKPOINTS.update().where(CHECKPOINTS.c.name == "board").values(fingerprint="newer"))


def set_aside(ledger: Workledger) -> None:
    """Somebody has set an event of the past aside, or folded one after all."""
    with ledger.tables.writing() as connection:
        connection.execute(CHECKPOINTS.update().where(CHECKPOINTS.c.name == "board").values(letters=1))


@pytest.mark.parametrize("few", [100, -1], ids=["in one exchange", "by COPY"])
@pytest.mark.parametrize("meanwhile", [moved_on, another_release, set_aside])
def test_nothing_is_written(
    database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[Workledger], None], few: int
) -> None:
    """The checkpoint fences, in each of the ways in which batches are written. It fails when one of position,
    fingerprint and dead letters is not asked for in `advance`, or in the statement of `brief`."""
    monkeypatch.setattr(bulk, "FEW", few)
    work(database_ledger, 2)
    database_ledger.catch_up()
    begun = database_ledger.projector.checkpoints()
    moved = {"from_column": "in_progress", "board_column": "done"}
    append(database_ledger, happened("task.moved", "t0", {"project": "p", "task": "t0"}, **moved))  # would count twice
    rows = database_ledger.store.scan(10, 10, upto=11)
    folded = FoldedEvents(database_ledger.tables, begun, rows)
    meanwhile(database_ledger)
    found, checkpoints = engine_processes.dump(database_ledger), places(database_ledger)
    with pytest.raises(Superseded):
        writing.write(database_ledger.tables, begun, folded, 11)
    assert engine_processes.dump(database_ledger) == found
    assert places(database_ledger) == checkpoints


def test_the_others_wait_for_no_one(database_ledger: Workledger) -> None:
    work(database_ledger, 2)
    board = {group: at for group, at in database_ledger.projector.checkpoints().items() if group is GROUPS[0]}
    rows = database_ledger.store.scan(0, 10, upto=10)
    writing.write(database_ledger.tables, board, FoldedEvents(database_ledger.tables, board, rows), 10)
    assert {name: position for name, position, *_ in places(database_ledger)}["board"] == 10
    database_ledger.catch_up()
    engine_processes.nothing_differs(database_ledger)


def places(ledger: Workledger) -> list[tuple[object, ...]]:
    with ledger.tables.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.select(CHECKPOINTS).order_by("name"))]
