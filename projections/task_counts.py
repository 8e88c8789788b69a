"""How many cards stand in each column of each project's board; dropped ones are not counted (domain.md 3.7)."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.domain.task.board import Column
from workledger.domain.task.card_events import TaskCreated, TaskMoved
from workledger.domain.task.events import TaskCancelled, TaskReopened
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import Count, Kind, References
from workledger.projections.engine.table import Change, Fold, Table, WriteTables


def _entered(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    if "project" in tags:
        yield Change((tags["project"], data["board_column"]), add={"count": 1})


def _moved(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    if "project" in tags and data["from_column"] != data["board_column"]:
        yield Change((tags["project"], data["from_column"]), add={"count": -1})
        yield Change((tags["project"], data["board_column"]), add={"count": 1})


def _dropped(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    """A dropped card ends in the backlog, where boards hide it."""
    if "project" in tags and data["status"] == "cancelled":
        yield Change((tags["project"], "backlog"), add={"count": -1})


def _reopened(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    if "project" in tags and data["was_dropped"]:
        yield Change((tags["project"], "backlog"), add={"count": 1})


class TaskCountRow(TableRow):
    """How many cards stand in a column of a project's board."""

    project_id: Annotated[str, References("projects", "cascade")]
    board_column: Column
    count: Annotated[int, Count()]


class TaskCounts(Table, row=TaskCountRow, name="task_counts", key=("project_id", "board_column"), revision=1):
    """A row for each column that ever had a card; kept by events, and counted again when a delete takes cards away."""

    FOLDS: ClassVar[dict[Kind, Fold]] = {
        TaskCreated: _entered,
        TaskMoved: _moved,
        TaskCancelled: _dropped,
        TaskReopened: _reopened,
    }


def recount(tables: WriteTables, tasks: sa.Table, project_ids: Iterable[str | None]) -> None:
    """Count again the cards of projects that a delete took cards from."""
    counts = tables[TaskCounts]
    for project_id in filter(None, project_ids):
        shown = (tasks.c.project_id == project_id) & (tasks.c.status != "cancelled")
        tables.connection.execute(counts.delete().where(counts.c.project_id == project_id))
        counted = sa.select(tasks.c.project_id, tasks.c.board_column, sa.func.count()).where(shown)
        counted = counted.group_by(tasks.c.project_id, tasks.c.board_column)
        tables.connection.execute(counts.insert().from_select(["project_id", "board_column", "count"], counted))
