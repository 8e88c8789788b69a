"""Lives of a task: for each state of domain.md 2.1, the events that lead there."""

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
