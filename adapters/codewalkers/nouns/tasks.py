"""Tasks: what they are about, and how far they are."""

from collections.abc import Iterator
from typing import Any

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.nouns.plan import REASON
from workledger.adapters.codewalkers.rows import Row
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.task import Task, ranks
from workledger.domain.task.card_events import (
    TaskCreated,
    TaskDetailsChanged,
    TaskMoved,
    TaskMovedToPhase,
    TaskReordered,
)
from workledger.domain.task.events import (
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskDequeued,
    TaskReopened,
    TaskRetriedManually,
    TaskRetryScheduled,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
    TaskWorkFinished,
)

DETAILS = {"name": "title", "description": "description", "category": "category", "priority": "priority"}


class Tasks(Noun):
    """A task. It has the initiative of its phase, and a phase has one open review task."""

    table, kind, what = "tasks", Task, "tasks"
    follows = frozenset((*DETAILS, "phase_id", "order", "status", "summary", "retry_count"))
    order = "{t.tasks.category} = 'review' and {t.tasks.status} <> 'completed'"

    def created(self, row: Row) -> Event:
        return TaskCreated(
            title=row["name"],
            description=row["description"],
            initiative_id=row["initiative_id"],
            phase_id=row["phase_id"],
            parent_task_id=row["parent_task_id"],
            type=row["type"],
            category=row["category"],
            priority=row["priority"],
            plan_order=row["order"],
            rank=ranks.end(row.created_at),
        )

    def follow(self, step: Step) -> None:
        row = step.row
        details = {field: row[column] for column, field in DETAILS.items() if step.differs(column, field)}
        if details:
            step.happen(TaskDetailsChanged(**details))
        if step.differs("phase_id"):
            step.happen(TaskMovedToPhase(phase_id=row["phase_id"]))
        if step.differs("order", "plan_order"):
            step.happen(TaskReordered(plan_order=row["order"]))
        self._retry(step)
        if row.has_changed("summary") and (row.changed is not None or row["summary"] is not None):
            step.happen(TaskWorkFinished(summary=row["summary"]))
        if row.has_changed("status"):
            for event in _to(step.state, row):
                step.happen(event)

    def again(self, step: Step) -> Event:
        return TaskDetailsChanged(title=step.state.title)

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if refused.code == "PHASE_OF_ANOTHER_INITIATIVE" and row["initiative_id"]:
            fault = "tasks.initiativeId: another one than that of the phase (which counts)"
            return row.amended(fault, initiative_id=None)
        if refused.code == "REVIEW_TASK_OPEN":
            fault = "tasks.category: a second open review task of a phase (execute here)"
            return row.amended(fault, category="execute")
        return super().amended(row, refused, ledger)

    def _retry(self, step: Step) -> None:
        row, task = step.row, step.state
        before = 0 if row.changed is None else None
        if not row.has_changed("retry_count") or row["retry_count"] == before:
            return
        for event in _to(task, row.amended("", status="pending")):
            step.happen(event)
        retry = (
            TaskRetryScheduled(retry_count=row["retry_count"], run_id="")
            if row["retry_count"]
            else TaskRetriedManually()
        )
        step.happen(retry)


def _to(task: Any, row: Row) -> Iterator[Event]:
    """The events from the state of a task to the status of its row."""
    wanted, status, column = row["status"], task.status, task.board_column
    if task.queued and wanted != "pending":
        yield TaskDequeued(reason=REASON)
    if status == wanted:
        return
    if status == "blocked":
        status = "in_progress" if column == "in_progress" else "pending"
        yield TaskUnblocked(cause=REASON, status=status)
    if status in ("completed", "cancelled"):
        yield TaskReopened(reason=REASON, was_dropped=status == "cancelled")
        status = "pending"
        yield from _leave(task, row)
        column = "backlog"
    if wanted == "pending" != status:
        yield TaskCancelled(reason=REASON, to="backlog", status="pending")
        yield from _leave(task, row)
    if wanted == "in_progress" != status:
        yield TaskStarted()
        yield from _moved(task, row, column, "in_progress")
    if wanted == "completed":
        yield TaskCompleted(summary=row["summary"] or None)
        yield from _moved(task, row, column, "verified")
    if wanted == "blocked":
        yield TaskBlocked(reason="manual", detail=REASON)


def _leave(task: Any, row: Row) -> Iterator[Event]:
    if task.agent_id:
        yield TaskUnassigned(agent_id=task.agent_id, reason="import")
    yield from _moved(task, row, task.board_column, "backlog")


def _moved(task: Any, row: Row, before: str, column: str) -> Iterator[Event]:
    if before != column:
        yield TaskMoved(
            from_column=before, board_column=column, rank=ranks.end(row.updated_at), previous_rank=task.rank
        )
