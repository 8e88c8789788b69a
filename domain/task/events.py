"""The events of a task's work (domain.md 3.4).

An event has every column that it sets, also where the value is always the same, so a reader of the log needs no rules.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain import agent
from workledger.domain.agent import Agent
from workledger.domain.kernel.aggregate import Deleted, Event, Frozen
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take, Vacancy, key_of
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.project import events as project_events
from workledger.domain.task import plan
from workledger.domain.task.refusals import QueueFull, TaskAlreadyAssigned, TaskBlockedByDependency

if TYPE_CHECKING:
    from workledger.domain.task.task import Task

QUEUE_CAPACITY = 50
"""Tasks of one project that are queued at most (domain.md 2.1); those of no project share no limit."""


def run_of_task(task_id: str) -> str:
    """The key that the live run of a task holds."""
    return key_of("run_of_task", task_id)


def without_run(task_id: str) -> Vacancy:
    """The claim that no run is live on the task."""
    return Vacancy(run_of_task(task_id), TaskAlreadyAssigned, capacity=1, details={"task_id": task_id})


def open_task(task_id: str) -> str:
    """The key that a task holds until it is done: tasks that depend on it cannot start while it is held."""
    return key_of("task_open", task_id)


def subtasks_of(task_id: str) -> str:
    """The key that the subtasks of a task hold: they are deleted with it (domain.md 3.5, C6)."""
    return key_of("subtasks_of", task_id)


def dependents_of(task_id: str) -> str:
    """The key that the tasks that depend on a task hold: when it is done, they may be unblocked."""
    return key_of("dependents_of", task_id)


def queue_of(project_id: str | None) -> str:
    """The key that the queued tasks of a project hold."""
    return key_of("queue", project_id or "")


def dependencies_met(before: "Task") -> Iterable[Claim]:
    """The claims that all dependencies of the task are done."""
    for dependency in before.depends_on:
        about = {"depends_on_task_id": dependency}
        yield Vacancy(open_task(dependency), TaskBlockedByDependency, capacity=1, details=about)


def leaving_the_queue(before: "Task") -> Iterable[Claim]:
    """The claims by which a queued task gives up its place in the queue."""
    if before.queued:
        yield Release(queue_of(before.project_id))


class Diff(Frozen):
    """The changes of the work, for its reviewer. With all fields empty, it clears an earlier diff."""

    diff_summary: str | None = None
    files_changed: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None


class TaskQueued(Event, topic="task.queued"):
    """It was queued for an agent. `anyway`: although its dependencies are not done."""

    priority: str
    depends_on: tuple[str, ...] = ()
    anyway: bool = False
    queued: Literal[True] = True

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"queued": True}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        if not self.anyway:
            yield from dependencies_met(before)
        capacity = QUEUE_CAPACITY if before.project_id else UNLIMITED
        about = {"project_id": before.project_id, "limit": capacity}
        yield Take(queue_of(before.project_id), QueueFull, capacity=capacity, details=about)


class TaskDequeued(Event, topic="task.dequeued"):
    """It was taken out of the queue."""

    reason: str | None = None
    queued: Literal[False] = False

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from leaving_the_queue(before)


class TaskAssigned(Event, topic="task.assigned"):
    """It was assigned to an agent."""

    agent_id: str
    agent_name: str | None = None
    agent_run_id: str | None = None
    session_id: str | None = None
    worktree_id: str | None = None
    branch: str | None = None
    queued: Literal[False] = False

    def changes(self, before: "Task") -> dict[str, Any]:
        changed = super().changes(before)
        if before.failed_run_id is not None and self.agent_run_id == before.failed_run_id:
            changed["failed_run_id"] = None  # that run is resumed: it may fail again
        return changed

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from dependencies_met(before)
        yield Agent.exists(self.agent_id)
        yield agent.idle(self.agent_id)
        yield without_run(id)
        if before.project_id:
            about = {"project_id": before.project_id}
            yield Vacancy(project_events.runs_in(before.project_id), agent.ConcurrencyLimitExceeded, details=about)
        yield from leaving_the_queue(before)


class TaskUnassigned(Event, topic="task.unassigned"):
    """Its agent, run, session, worktree and branch were cleared; `agent_id` is the agent that it had."""

    agent_id: str
    reason: str

    def changes(self, before: "Task") -> dict[str, Any]:
        return dict.fromkeys(("agent_id", "agent_name", "agent_run_id", "session_id", "worktree_id", "branch"))


class TaskStarted(Event, topic="task.started"):
    """It was started. `first`: for the first time, which is AgentPane's started_at."""

    first: bool = True
    status: Literal["in_progress"] = "in_progress"

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"status": self.status, "started": True}


class TaskWorkFinished(Event, topic="task.work_finished", version=2):
    """The agent finished; another event of the same append says whether it is reviewed or done.

    Version 2 may have no `turn_count`.
    """

    summary: str | None = None
    turn_count: int | None = None


class TaskApprovalRequested(Diff, Event, topic="task.approval_requested"):
    """Approval of its diff was requested."""


class TaskApproved(Event, topic="task.approved"):
    """The reviewer approved its diff."""

    approved_by: str | None = None
    feedback: str | None = None
    merge_sha: str | None = None
    rejection_count: Literal[0] = 0


class TaskRejected(Diff, Event, topic="task.rejected"):
    """The reviewer sent it back to its agent, without the diff."""

    reason: str
    feedback: str | None = None
    rejection_count: int


class TaskCompleted(Event, topic="task.completed"):
    """It is done; tasks that depend on it may start."""

    summary: str | None = None
    status: Literal["completed"] = "completed"

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Release(open_task(id))
        yield from plan.closes(before.phase_id)


class TaskBlocked(Event, topic="task.blocked"):
    """It was blocked, for `reason`."""

    reason: str
    detail: str | None = None
    status: Literal["blocked"] = "blocked"
    queued: Literal[False] = False

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"status": self.status, "queued": False, "blocked_reason": self.reason}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from leaving_the_queue(before)


class TaskUnblocked(Event, topic="task.unblocked"):
    """It was unblocked."""

    cause: str
    status: Literal["pending", "in_progress"]
    blocked_reason: None = None


class TaskRetryScheduled(Event, topic="task.retry_scheduled"):
    """It was queued again after its run failed."""

    retry_count: int
    run_id: str
    status: Literal["pending"] = "pending"

    def changes(self, before: "Task") -> dict[str, Any]:
        return super().changes(before) | {"failed_run_id": self.run_id}


class TaskRetriesExhausted(Event, topic="task.retries_exhausted"):
    """Its run failed after the last retry; it is blocked until a user decides."""

    retry_count: int
    run_id: str
    status: Literal["blocked"] = "blocked"
    blocked_reason: Literal["retries_exhausted"] = "retries_exhausted"

    def changes(self, before: "Task") -> dict[str, Any]:
        return super().changes(before) | {"failed_run_id": self.run_id}


class TaskRetriedManually(Event, topic="task.retried_manually"):
    """A user queued it again; its count of retries is reset."""

    retry_count: Literal[0] = 0
    status: Literal["pending"] = "pending"
    blocked_reason: None = None


class TaskCancelled(Diff, Event, topic="task.cancelled"):
    """`status` is pending when it went back to the backlog, cancelled when it was dropped."""

    reason: str | None = None
    to: Literal["backlog", "dropped"] = "backlog"
    status: Literal["pending", "cancelled"]
    queued: Literal[False] = False
    blocked_reason: None = None

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from leaving_the_queue(before)
        if self.status in plan.CLOSED:
            yield from plan.closes(before.phase_id)


class TaskReopened(Diff, Event, topic="task.reopened"):
    """It was done or dropped, and is ready again."""

    reason: str
    was_dropped: bool = False
    status: Literal["pending"] = "pending"
    approved_at: None = None
    approved_by: None = None
    completed_at: None = None

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Take(open_task(id))
        yield from plan.opens(before.phase_id, before.category)


class TaskDeleted(Deleted, topic="task.deleted"):
    """The task was deleted with its subtasks; their history stays readable."""

    title: str
    board_column: str

    def cascades_to(self, before: "Task", id: str) -> Iterable[str]:
        yield subtasks_of(id)

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield without_run(id)
        yield Vacancy(subtasks_of(id), ConcurrencyConflict, capacity=1)
        if before.parent_task_id:
            yield Release(subtasks_of(before.parent_task_id))
        for dependency in before.depends_on:
            yield Release(dependents_of(dependency))
        yield from super().claims(before, id)
        yield Release(open_task(id))
        yield from leaving_the_queue(before)
        yield from plan.leaves_plan(before)
