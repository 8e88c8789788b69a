"""The kanban board of a project: its columns, their counts, and the cards with their dense positions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from workledger.domain.task.board import COLUMNS
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

CARDS = 200
"""Cards of a column that a board shows at first."""


def tasks_table() -> sa.Table:
    return Table.METADATA.tables["tasks"]


def unmet_dependencies() -> sa.ColumnElement[int]:
    """How many of the tasks that a task waits for are not done."""
    tasks, edges = tasks_table(), Table.METADATA.tables["task_dependencies"]
    other = tasks.alias("other")
    unmet = sa.select(sa.func.count()).select_from(edges.join(other, other.c.id == edges.c.depends_on_task_id))
    unmet = unmet.where(edges.c.task_id == tasks.c.id, other.c.status != "completed")
    return unmet.correlate(tasks).scalar_subquery().label("unmet_dependencies")


def shown(project_id: str | None) -> sa.ColumnElement[bool]:
    """The cards that a project's board shows, or that belong to none: dropped ones are hidden."""
    tasks = tasks_table()
    return sa.and_(tasks.c.project_id == project_id, tasks.c.status != "cancelled")


def column(tables: ReadTables, project_id: str, name: str, limit: int = CARDS) -> list[dict[str, Any]]:
    """The first cards of a column in order, each with `position` 0, 1, 2 … and `unmet_dependencies`."""
    tasks = tasks_table()
    chosen = sa.select(tasks, unmet_dependencies()).where(shown(project_id), tasks.c.board_column == name)
    cards = tables.all(chosen.order_by(tasks.c.rank, tasks.c.id).limit(limit))
    return [{**card, "position": position} for position, card in enumerate(cards)]


def counts(tables: ReadTables, project_id: str) -> dict[str, int]:
    """How many cards each column has."""
    counted = Table.METADATA.tables["task_counts"]
    rows = tables.all(counted.select().where(counted.c.project_id == project_id))
    return dict.fromkeys(COLUMNS, 0) | {row["board_column"]: row["count"] for row in rows}


def board(tables: ReadTables, project_id: str, *, limit: int = CARDS) -> dict[str, list[dict[str, Any]]]:
    """The cards of each column, in order; at most `limit` of each."""
    return {name: column(tables, project_id, name, limit) for name in COLUMNS}


def position(tables: ReadTables, task: dict[str, Any]) -> int:
    """The dense position of a card in its column: how many stand before it."""
    tasks = tasks_table()
    before = sa.tuple_(tasks.c.rank, tasks.c.id) < sa.tuple_(sa.literal(task["rank"]), sa.literal(task["id"]))
    same = tasks.c.board_column == task["board_column"]
    chosen = sa.select(sa.func.count()).where(shown(task["project_id"]), same, before)
    return int(tables.scalar(chosen))


def neighbours(
    tables: ReadTables, project_id: str | None, name: str, position: int, moving: str
) -> Sequence[str | None]:
    """The ranks that a card would stand between at that position, itself left out; None at either end."""
    tasks = tasks_table()
    chosen = sa.select(tasks.c.rank).where(shown(project_id), tasks.c.board_column == name, tasks.c.id != moving)
    chosen = chosen.order_by(tasks.c.rank, tasks.c.id).offset(max(position - 1, 0)).limit(2 if position else 1)
    ranks = [row["rank"] for row in tables.all(chosen)]
    return [None, *ranks, None][:2] if position == 0 else [*ranks, None, None][:2]
