"""Tasks over HTTP: the cards of a board, their commands, and where a move puts them."""

from typing import Any, cast

import sqlalchemy as sa

from workledger.api import moves
from workledger.api.web.documented import TypedDict
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Filter, Listing, Sort, equal, matching, within
from workledger.api.web.resource import resource
from workledger.domain.task import Task
from workledger.domain.task.board import COLUMNS, Column, Status
from workledger.domain.task.card import Category, Priority
from workledger.projections import task_places, tasks
from workledger.projections.engine.tables import ReadTables
from workledger.projections.task_dependencies import dependencies, dependents
from workledger.projections.tasks import TaskRow, Tasks

WHOLES = ("project_id", "initiative_id", "phase_id", "parent_task_id")
"""What the tasks of a list belong to: one of these must be given."""

PLACE = sa.case({name: place for place, name in enumerate(COLUMNS)}, value=Tasks.c.board_column)


TEXTS = (Tasks.c.title, Tasks.c.description, Tasks.c.summary, Tasks.c.branch, Tasks.c.agent_name)
"""What a search looks into, beside labels and ids."""

SHORTEST_PREFIX = 8
"""Of an id: with fewer letters a word may be meant."""


def _labelled(tables: ReadTables, label: str) -> sa.ColumnElement[bool]:
    labels = Tasks.c.labels
    if tables.engine.dialect.name == "postgresql":
        return sa.cast(labels, sa.dialects.postgresql.JSONB).contains([label])
    each = sa.func.json_each(labels).table_valued("value")
    return sa.exists(sa.select(each.c.value).where(each.c.value == label))


def _label_has(tables: ReadTables, word: str) -> sa.ColumnElement[bool]:
    if tables.engine.dialect.name == "postgresql":
        each = sa.func.json_array_elements_text(Tasks.c.labels).table_valued(sa.column("value", sa.Text))
    else:
        each = sa.func.json_each(Tasks.c.labels).table_valued(sa.column("value", sa.Text))
    return sa.exists(sa.select(each.c.value).where(each.c.value.icontains(word, autoescape=True)))


def _id_is(tables: ReadTables, word: str) -> sa.ColumnElement[bool]:
    """That very id, or its beginning: what is inside an id says nothing."""
    same = Tasks.c.id == word
    return sa.or_(same, Tasks.c.id.startswith(word, autoescape=True)) if len(word) >= SHORTEST_PREFIX else same


def _dropped(asked: Any) -> bool:
    return bool(asked.status == "cancelled")


TASKS = Listing(
    Tasks,
    filters={
        "project_id": equal(Tasks.c.project_id, AnyId),
        "initiative_id": equal(Tasks.c.initiative_id, AnyId),
        "phase_id": equal(Tasks.c.phase_id, AnyId),
        "parent_task_id": equal(Tasks.c.parent_task_id, AnyId),
        "column": equal(Tasks.c.board_column, Column),
        "agent_id": equal(Tasks.c.agent_id, AnyId),
        "status": equal(Tasks.c.status, Status),
        "label": Filter(_labelled),
        "category": equal(Tasks.c.category, Category),
        "priority": equal(Tasks.c.priority, Priority),
        "queued": equal(Tasks.c.queued, bool),
        "search": matching(*map(within, TEXTS), _label_has, _id_is),
    },
    sorts={
        "position": Sort([PLACE, Tasks.c.rank], "asc"),
        "created_at": Sort([Tasks.c.created_at], "asc"),
        "updated_at": Sort([Tasks.c.updated_at], "asc"),
        "completed_at": Sort([sa.func.coalesce(Tasks.c.completed_at, Tasks.c.created_at)], "desc"),
        "plan_order": Sort([Tasks.c.plan_order], "asc"),
    },
    one_of=WHOLES,
    columns=[tasks.unmet_dependencies()],
    usual=Tasks.c.status != "cancelled",
    unusual=_dropped,
)


class WithCounts(TypedDict):
    """What a list of tasks is answered with: how many cards the columns of its project have, or else how many tasks of
    its initiative, its phase or its parent stand in them."""

    counts: dict[Column, int]


class WithEdges(TypedDict):
    """What a task is shown with."""

    depends_on: list[str]
    dependents: list[str]
    position: int | None


def _counts(tables: ReadTables, asked: Any) -> WithCounts:
    if asked.project_id is not None:
        return {"counts": tasks.counts(tables, asked.project_id)}
    wholes = {name: id for name in WHOLES if (id := getattr(asked, name)) is not None}
    return {"counts": tasks.counts_in(tables, **wholes)}


def with_edges(tables: ReadTables, row: dict[str, Any]) -> WithEdges:
    """A task, with what it waits for, what waits for it, and its dense position in its column; with `at`, as it was."""
    shown = row["status"] != "cancelled" and row["project_id"] is not None
    return {
        "depends_on": dependencies(tables, row["id"]),
        "dependents": dependents(tables, row["id"]),
        "position": task_places.position(tables, cast(TaskRow, row)) if shown else None,
    }


router = resource(Task, TASKS, "tasks", totals=_counts, details=with_edges, own={"move": (moves.step, moves.MOVE)})
