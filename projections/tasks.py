"""Tasks, both faces of them: lifecycle status and kanban column (DOMAIN.md D4, 2.1 and 3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from workledger.domain.agent_run.events import AgentTurnCompleted
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
from workledger.projections.board import board, counts
from workledger.projections.engine.table import ABSENT, Becomes, From, References, Stream, Sum, Table, Tag, When
from workledger.projections.engine.types import Dollars
from workledger.projections.task_counts import recount

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


def _summed_up(data: Mapping[str, Any]) -> Any:
    return data["summary"] or ABSENT


class Tasks(
    Table,
    name="tasks",
    group="board",
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
):
    id: Annotated[str, Stream(), Tag("task")]
    project_id: Annotated[str | None, From(TaskCreated), References("projects", "cascade")]
    initiative_id: Annotated[str | None, From(TaskCreated)]
    phase_id: Annotated[str | None, From(TaskCreated, TaskMovedToPhase)]
    parent_task_id: Annotated[str | None, From(TaskCreated), References("tasks", "cascade")]
    title: Annotated[str, From(*DETAILS)]
    description: Annotated[str | None, From(*DETAILS)]
    type: Annotated[str, From(TaskCreated)]
    category: Annotated[str, From(*DETAILS)]
    priority: Annotated[str, From(*DETAILS)]
    status: Annotated[str, From(*STATUS)]
    board_column: Annotated[str, From(TaskCreated, TaskMoved)]
    rank: Annotated[str, From(TaskCreated, TaskMoved)]
    plan_order: Annotated[int, From(TaskCreated, TaskReordered)]
    queued: Annotated[bool, Becomes({TaskCreated: False}), From(TaskQueued, *OUT_OF_QUEUE)]
    queued_at: Annotated[datetime | None, When(TaskQueued), NOT_QUEUED]
    blocked_reason: Annotated[
        str | None,
        From(TaskBlocked, field="reason"),
        From(TaskUnblocked, TaskRetriesExhausted, TaskRetriedManually, TaskCancelled),
    ]
    summary: Annotated[str | None, From(TaskWorkFinished), Becomes({TaskCompleted: _summed_up})]
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
    approved_at: Annotated[datetime | None, When(TaskApproved), From(TaskReopened)]
    approved_by: Annotated[str | None, From(TaskApproved, TaskReopened)]
    rejection_reason: Annotated[str | None, From(TaskRejected, field="reason")]
    rejection_count: Annotated[int, Becomes({TaskCreated: 0}), From(TaskApproved, TaskRejected)]
    started_at: Annotated[datetime | None, When(TaskStarted, only="first")]
    completed_at: Annotated[datetime | None, When(TaskCompleted), From(TaskReopened)]
    turn_count: Annotated[int, Becomes({TaskCreated: 0}), From(TaskWorkFinished)]
    tokens_in: Annotated[int, Sum("tokens_in", AgentTurnCompleted)]
    tokens_out: Annotated[int, Sum("tokens_out", AgentTurnCompleted)]
    cost_usd: Annotated[Dollars, Sum("cost_usd", AgentTurnCompleted)]

    @classmethod
    def removed(cls, table_set: Any, rows: list[Mapping[str, Any]]) -> None:
        recount(table_set, table_set[cls], {row["project_id"] for row in rows})


__all__ = ["Tasks", "board", "counts"]
