"""Lives of a task: for each state of domain.md 2.1, the events that lead there."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.task.card_events import TaskCreated, TaskMoved
from workledger.domain.task.events import (
    TaskApprovalRequested,
    TaskApproved,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskQueued,
    TaskStarted,
    TaskWorkFinished,
)

BACKLOG, IN_PROGRESS, WAITING_APPROVAL, VERIFIED = "B", "P", "W", "Z"
"""Ranks, told apart by the column they were given in."""

created = TaskCreated(title="Write the parser", rank=BACKLOG)
queued = TaskQueued(priority="medium")
assigned = TaskAssigned(agent_id="ann", agent_name="Ann", agent_run_id="run_1", branch="parser")
into_progress = TaskMoved(from_column="backlog", board_column="in_progress", rank=IN_PROGRESS, previous_rank=BACKLOG)
finished = TaskWorkFinished(summary="It parses.", turn_count=3)
review_requested = TaskApprovalRequested(diff_summary="+1 -0", files_changed=1, lines_added=1, lines_removed=0)
into_review = TaskMoved(
    from_column="in_progress", board_column="waiting_approval", rank=WAITING_APPROVAL, previous_rank=IN_PROGRESS
)
approved = TaskApproved(approved_by="Ann")
completed = TaskCompleted(summary="It parses.")
into_verified = TaskMoved(
    from_column="waiting_approval", board_column="verified", rank=VERIFIED, previous_rank=WAITING_APPROVAL
)

ready: tuple[Event, ...] = (created,)
working = (*ready, assigned, into_progress, TaskStarted())
in_review = (*working, finished, review_requested, into_review)

LIVES: dict[str, tuple[Event, ...]] = {
    "ready": ready,
    "queued": (*ready, queued),
    "waiting": (*ready, TaskBlocked(reason="dependency")),
    "working": working,
    "stuck": (*working, TaskBlocked(reason="manual")),
    "in_review": in_review,
    "done": (*in_review, approved, completed, into_verified),
    "dropped": (*ready, TaskCancelled(to="dropped", status="cancelled")),
}

DIFF = {"turn_count": 3, "files_changed": 1, "diff_summary": "+1"}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "change_details": ({"title": "Write the lexer"},),
    "change_labels": ({"labels": ("urgent",)},),
    "change_metadata": ({"metadata": {"estimate": 3}},),
    "reorder": ({"plan_order": 7},),
    "move_to_phase": ({"phase_id": "pha_1"},),
    "add_dependency": ({"depends_on_task_id": "tsk_2"},),
    "remove_dependency": ({"depends_on_task_id": "tsk_2"},),
    "place": ({"rank": "K"},),
    "queue": ({},),
    "dequeue": ({},),
    "assign": ({"agent_id": "ann"},),
    "block": ({"reason": "merge_conflict"}, {"reason": "dependency"}),
    "unblock": ({},),
    "schedule_retry": ({"run_id": "run_9"},),
    "retry": ({},),
    "finish_work": (DIFF, {"turn_count": 3, "approval": "none"}),
    "approve": ({},),
    "reject": ({"reason": "No tests."},),
    "cancel": ({}, {"to": "dropped"}),
    "reopen": ({"reason": "It does not parse."},),
    "move": (
        {"board_column": "in_progress", "agent_id": "ann"},
        {"board_column": "in_progress", "reason": "No tests."},
        {"board_column": "waiting_approval", **DIFF},
        {"board_column": "verified"},
        {"board_column": "backlog", "rank": "K"},
    ),
    "delete": ({},),
}
"""Arguments for each of its commands: as many of one as there are states that it leads to."""
