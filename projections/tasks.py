"""Tasks, in their lifecycle and on the kanban board of their project (domain.md D4, 2.1 and 3.7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.agent_run.events import AgentTurnCompleted, AgentTurnCorrected
from workledger.domain.task.board import COLUMNS, Column, Status
from workledger.domain.task.card_events import (
    TaskCreated,
    TaskDetailsChanged,
    TaskLabelsChanged,
    TaskMetadataChanged,
    TaskMoved,
    TaskMovedToPhase,
    TaskReordered,
)
from workledger.domain.task.events import (
    TaskApprovalRequested,
    TaskApproved,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskDeleted,
    TaskDequeued,
    TaskQueued,
    TaskRejected,
    TaskReopened,
    TaskRetriedManually,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
    TaskWorkFinished,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.narrowing import optional
from workledger.projections.engine.rules import ABSENT, Becomes, From, References, Stream, Sum, Tag, When
from workledger.projections.engine.statement import Query, Statement
from workledger.projections.engine.table import Table, WriteTables
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Dollars
from workledger.projections.task_counts import TaskCountRow, TaskCounts, recount
from workledger.projections.task_dependencies import TaskDependencies

DETAILS = (TaskCreated, TaskDetailsChanged)
STATUS = (
    TaskCreated,
    TaskStarted,
    TaskCompleted,
    TaskBlocked,
    TaskUnblocked,
    TaskRetryScheduled,
    TaskRetriesExhausted,
    TaskRetriedManually,
    TaskCancelled,
    TaskReopened,
)
OUT_OF_QUEUE = (TaskDequeued, TaskAssigned, TaskBlocked, TaskCancelled)
DIFF = (TaskApprovalRequested, TaskRejected, TaskCancelled, TaskReopened)
CLEARED = Becomes({TaskUnassigned: None})
NOT_QUEUED = Becomes(dict.fromkeys(OUT_OF_QUEUE))

CARDS = 200
"""Cards of a column that a board shows unless asked for more."""


def _summary(data: Mapping[str, Any]) -> Any:
    """A completion without a summary leaves that of the work."""
    return data["summary"] or ABSENT


def _turns(data: Mapping[str, Any]) -> Any:
    """Work that has no turns leaves those of earlier work."""
    return ABSENT if data["turn_count"] is None else data["turn_count"]


def _initiative(data: Mapping[str, Any]) -> Any:
    """A phase of the initiative that it is in already changes nothing."""
    return data.get("initiative_id") or ABSENT


class TaskRow(Stamped):
    """A task, in its lifecycle (`status`) and on the board (`board_column`, `rank`)."""

    id: Annotated[str, Stream(), Tag("task")]
    project_id: Annotated[str | None, From(TaskCreated), References("projects", "cascade")]
    initiative_id: Annotated[
        str | None, From(TaskCreated), Becomes({TaskMovedToPhase: _initiative}), References("initiatives", "cascade")
    ]
    phase_id: Annotated[str | None, From(TaskCreated, TaskMovedToPhase), References("phases", "cascade")]
    parent_task_id: Annotated[str | None, From(TaskCreated), References("tasks", "cascade")]
    title: Annotated[str, From(*DETAILS)]
    description: Annotated[str | None, From(*DETAILS)]
    type: Annotated[str, From(TaskCreated)]
    category: Annotated[str, From(*DETAILS)]
    priority: Annotated[str, From(*DETAILS)]
    status: Annotated[Status, From(*STATUS)]
    board_column: Annotated[Column, From(TaskCreated, TaskMoved)]
    rank: Annotated[str, From(TaskCreated, TaskMoved)]
    plan_order: Annotated[int, From(TaskCreated, TaskReordered)]
    queued: Annotated[bool, Becomes({TaskCreated: False}), From(TaskQueued, *OUT_OF_QUEUE)]
    queued_at: Annotated[datetime | None, When(TaskQueued), NOT_QUEUED]
    blocked_reason: Annotated[
        str | None,
        From(TaskBlocked, field="reason"),
        From(TaskUnblocked, TaskRetriesExhausted, TaskRetriedManually, TaskCancelled),
    ]
    summary: Annotated[str | None, From(TaskWorkFinished), Becomes({TaskCompleted: _summary})]
    retry_count: Annotated[
        int, Becomes({TaskCreated: 0}), From(TaskRetryScheduled, TaskRetriesExhausted, TaskRetriedManually)
    ]
    labels: Annotated[list[str], From(TaskCreated, TaskLabelsChanged)]
    metadata: Annotated[dict[str, Any], From(TaskCreated, TaskMetadataChanged)]
    agent_id: Annotated[str | None, From(TaskAssigned), CLEARED]
    agent_name: Annotated[str | None, From(TaskAssigned), CLEARED]
    agent_run_id: Annotated[str | None, From(TaskAssigned), CLEARED]
    session_id: Annotated[str | None, From(TaskAssigned), CLEARED]
    worktree_id: Annotated[str | None, From(TaskAssigned), CLEARED]
    branch: Annotated[str | None, From(TaskAssigned), CLEARED]
    diff_summary: Annotated[str | None, From(*DIFF)]
    files_changed: Annotated[int | None, From(*DIFF)]
    lines_added: Annotated[int | None, From(*DIFF)]
    lines_removed: Annotated[int | None, From(*DIFF)]
    approval_requested_at: Annotated[datetime | None, When(TaskApprovalRequested)]
    approved_at: Annotated[datetime | None, When(TaskApproved), From(TaskReopened)]
    approved_by: Annotated[str | None, From(TaskApproved, TaskReopened)]
    rejection_reason: Annotated[str | None, From(TaskRejected, field="reason")]
    rejection_count: Annotated[int, Becomes({TaskCreated: 0}), From(TaskApproved, TaskRejected)]
    started_at: Annotated[datetime | None, When(TaskStarted, only="first")]
    completed_at: Annotated[datetime | None, When(TaskCompleted), From(TaskReopened)]
    turn_count: Annotated[int, Becomes({TaskCreated: 0, TaskWorkFinished: _turns})]
    tokens_in: Annotated[int, Sum("tokens_in", AgentTurnCompleted, AgentTurnCorrected)]
    tokens_out: Annotated[int, Sum("tokens_out", AgentTurnCompleted, AgentTurnCorrected)]
    cost_usd: Annotated[Dollars, Sum("cost_usd", AgentTurnCompleted)]


class Tasks(
    Table,
    row=TaskRow,
    name="tasks",
    born=(TaskCreated,),
    dies=(TaskDeleted,),
    indexes=(
        "project_id, board_column, rank, id",
        "agent_id",
        "branch",
        "phase_id, plan_order, id",
        "initiative_id",
        "parent_task_id",
        "queued, priority, queued_at",
        "project_id, updated_at desc, id",
        "project_id, created_at, id",
    ),
    revision=3,
):
    """Tasks until they are deleted; dropped ones too, which boards hide."""

    @classmethod
    def removed(cls, tables: WriteTables, rows: Sequence[Mapping[str, Any]]) -> None:
        recount(tables, tables[cls], {row["project_id"] for row in rows})


class CardRow(TaskRow):
    """A task as a card of a board."""

    unmet_dependencies: int
    """How many of the tasks that it waits for are not done."""


class PlacedCardRow(CardRow):
    """A card with its place in its column, counted from 0."""

    position: int


def unmet_dependencies() -> sa.ColumnElement[int]:
    """The column `unmet_dependencies` of a query of tasks: how many that each waits for are not done."""
    edges, other = TaskDependencies, Tasks.table.alias("other")
    unmet = sa.select(sa.func.count()).select_from(edges.table.join(other, other.c.id == edges.c.depends_on_task_id))
    unmet = unmet.where(edges.c.task_id == Tasks.c.id, other.c.status != "completed")
    return unmet.correlate(Tasks.table).scalar_subquery().label("unmet_dependencies")


SHOWN = Tasks.c.status != "cancelled"
"""The condition for tasks that a board shows: dropped ones are hidden."""

OF_PROJECT = Tasks.c.project_id == sa.bindparam("project_id")

ALL_CARDS: Query = sa.select(Tasks.table, unmet_dependencies())
"""The columns of CardRow, of all tasks, to be narrowed and ordered."""


def _first_of(column: "str | sa.BindParameter[str]") -> Query:
    """The first cards of a column of the board, in order."""
    chosen = ALL_CARDS.where(OF_PROJECT, SHOWN, Tasks.c.board_column == column)
    return chosen.order_by(Tasks.c.rank, Tasks.c.id).limit(sa.bindparam("limit"))


GET = Statement(ALL_CARDS.where(Tasks.c.id == sa.bindparam("id")), CardRow)
COLUMN = Statement(_first_of(sa.bindparam("column")), CardRow)
BOARD = Statement(sa.union_all(*(sa.select(_first_of(name).subquery(name)) for name in COLUMNS)), CardRow)


OF_PHASE, OF_INITIATIVE, OF_PARENT = (
    Statement(ALL_CARDS.where(column == sa.bindparam("id")).order_by(Tasks.c.plan_order, Tasks.c.id), CardRow)
    for column in (Tasks.c.phase_id, Tasks.c.initiative_id, Tasks.c.parent_task_id)
)


def get(tables: ReadTables, id: str) -> CardRow | None:
    """The task with that id."""
    return tables.run_first(GET, id=id)


def of_phase(tables: ReadTables, phase_id: str) -> list[CardRow]:
    """The tasks of a phase, dropped ones too, in the order of its plan (Codewalkers `findByPhaseId`)."""
    return tables.run(OF_PHASE, id=phase_id)


def of_initiative(tables: ReadTables, initiative_id: str) -> list[CardRow]:
    """The tasks of an initiative, in its phases or in none, dropped ones too, in the order of its plan."""
    return tables.run(OF_INITIATIVE, id=initiative_id)


def of_parent(tables: ReadTables, task_id: str) -> list[CardRow]:
    """The subtasks of a task, dropped ones too, in the order of the plan (Codewalkers `findByParentTaskId`)."""
    return tables.run(OF_PARENT, id=task_id)


def board(tables: ReadTables, project_id: str, *, limit: int = CARDS) -> dict[Column, list[PlacedCardRow]]:
    """A project's kanban board: the first `limit` cards of each column, in order."""
    columns: dict[Column, list[PlacedCardRow]] = {name: [] for name in COLUMNS}
    for card in sorted(tables.run(BOARD, project_id=project_id, limit=limit), key=_place):
        column = columns[card["board_column"]]
        column.append({**card, "position": len(column)})
    return columns


def column(tables: ReadTables, project_id: str, name: str, limit: int = CARDS) -> list[PlacedCardRow]:
    """The first cards of a column of the board, in order (AgentPane `getByColumn`)."""
    ordered = tables.run(COLUMN, project_id=project_id, column=name, limit=limit)
    return [{**card, "position": position} for position, card in enumerate(ordered)]


def _place(card: CardRow) -> tuple[str, str]:
    return card["rank"], card["id"]


COUNTS = Statement(TaskCounts.table.select().where(TaskCounts.c.project_id == sa.bindparam("project_id")), TaskCountRow)
COUNTS_IN = Statement(
    sa.select(Tasks.c.board_column, sa.func.count().label("count")).where(SHOWN).group_by(Tasks.c.board_column),
    None,
    *map(optional, (Tasks.c.initiative_id, Tasks.c.phase_id, Tasks.c.parent_task_id)),
)


def counts(tables: ReadTables, project_id: str) -> dict[Column, int]:
    """How many cards each column of the board has."""
    counted: dict[Column, int] = dict.fromkeys(COLUMNS, 0)
    for row in tables.run(COUNTS, project_id=project_id):
        counted[row["board_column"]] = row["count"]
    return counted


def counts_in(
    tables: ReadTables,
    *,
    initiative_id: str | None = None,
    phase_id: str | None = None,
    parent_task_id: str | None = None,
) -> dict[Column, int]:
    """How many tasks that are not dropped stand in each column, of those that belong to an initiative, a phase or a
    parent."""
    wholes = {"initiative_id": initiative_id, "phase_id": phase_id, "parent_task_id": parent_task_id}
    found = tables.run(COUNTS_IN, **wholes)
    return dict.fromkeys(COLUMNS, 0) | {row["board_column"]: row["count"] for row in found}
