"""What becomes of a task, as it is stored (domain.md 3.4).

An event carries every column it settles, also where the value is always the same: what reads the log needs no rules.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain import agent
from workledger.domain.agent import Agent
from workledger.domain.kernel.aggregate import Deleted, Event, Frozen
from workledger.domain.kernel.claims import Claim, Release, Take, Vacancy
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.project import events as project_events
from workledger.domain.task.refusals import QueueFull, TaskAlreadyAssigned, TaskBlockedByDependency

if TYPE_CHECKING:
    from workledger.domain.task.task import Task

QUEUE_CAPACITY = 50


def run_of_task(task_id: str) -> str:
    """The key that the live run of a task holds."""
    return f"run_of_task:{task_id}"


def open_task(task_id: str) -> str:
    """The key that a task holds until it is done: those that depend on it wait while it is held."""
    return f"task_open:{task_id}"


def subtasks_of(task_id: str) -> str:
    """The key that the subtasks of a task hold: they are deleted with it (domain.md 3.5, C6)."""
    return f"subtasks_of:{task_id}"


def dependents_of(task_id: str) -> str:
    """The key that the tasks that depend on a task hold: when it is done, they may be waiting no more."""
    return f"dependents_of:{task_id}"


def queue_of(project_id: str | None) -> str:
    """The key that the queued tasks of a project hold."""
    return f"queue:{project_id or ''}"


def dependencies_met(before: "Task") -> Iterable[Claim]:
    """All that the task depends on is done."""
    for dependency in before.depends_on:
        yield Vacancy(open_task(dependency), TaskBlockedByDependency, capacity=1)


def leaving_the_queue(before: "Task") -> Iterable[Claim]:
    """A queued task gives up its place in the queue."""
    if before.queued:
        yield Release(queue_of(before.project_id))


class Diff(Frozen):
    """What the work changed, for the one who reviews it. All empty, it clears what there was."""

    diff_summary: str | None = None
    files_changed: int | None = None
    lines_added: int | None = None
    lines_removed: int | None = None


class TaskQueued(Event, topic="task.queued"):
    """It waits for an agent. `anyway`: also for one that cannot start it yet, as its dependencies are not done."""

    priority: str
    depends_on: tuple[str, ...] = ()
    anyway: bool = False
    queued: Literal[True] = True

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"queued": True}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        if not self.anyway:
            yield from dependencies_met(before)
        yield Take(queue_of(before.project_id), QueueFull, capacity=QUEUE_CAPACITY)


class TaskDequeued(Event, topic="task.dequeued"):
    """It waits for an agent no longer."""

    reason: str | None = None
    queued: Literal[False] = False

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from leaving_the_queue(before)


class TaskAssigned(Event, topic="task.assigned"):
    """An agent takes it."""

    agent_id: str
    agent_name: str | None = None
    agent_run_id: str | None = None
    session_id: str | None = None
    worktree_id: str | None = None
    branch: str | None = None
    queued: Literal[False] = False

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from dependencies_met(before)
        yield Agent.exists(self.agent_id)
        yield Vacancy(agent.run_of_agent(self.agent_id), agent.AgentAlreadyRunning, capacity=1)
        if before.project_id:
            yield Vacancy(project_events.runs_in(before.project_id), agent.ConcurrencyLimitExceeded)
        yield from leaving_the_queue(before)


class TaskUnassigned(Event, topic="task.unassigned"):
    """Its agent, run, session, worktree and branch are no longer the task's; `agent_id` says who it was."""

    agent_id: str
    reason: str

    def changes(self, before: "Task") -> dict[str, Any]:
        return dict.fromkeys(("agent_id", "agent_name", "agent_run_id", "session_id", "worktree_id", "branch"))


class TaskStarted(Event, topic="task.started"):
    """`first`: it had never been started before, so this is when it was (AgentPane's started_at)."""

    first: bool = True
    status: Literal["in_progress"] = "in_progress"

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"status": self.status, "started": True}


class TaskWorkFinished(Event, topic="task.work_finished"):
    """The agent has finished; what comes next is another event of the same append."""

    summary: str | None = None
    turn_count: int


class TaskApprovalRequested(Diff, Event, topic="task.approval_requested"):
    """Its diff waits for a reviewer."""


class TaskApproved(Event, topic="task.approved"):
    """The reviewer accepts its diff."""

    approved_by: str | None = None
    feedback: str | None = None
    merge_sha: str | None = None
    rejection_count: Literal[0] = 0


class TaskRejected(Diff, Event, topic="task.rejected"):
    """The reviewer sends it back to its agent, without the diff."""

    reason: str
    feedback: str | None = None
    rejection_count: int


class TaskCompleted(Event, topic="task.completed"):
    """It is done; tasks that depend on it may start."""

    summary: str | None = None
    status: Literal["completed"] = "completed"

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Release(open_task(id))


class TaskBlocked(Event, topic="task.blocked"):
    """Something is in its way: `reason` says what."""

    reason: str
    detail: str | None = None
    status: Literal["blocked"] = "blocked"
    queued: Literal[False] = False

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"status": self.status, "queued": False, "blocked_reason": self.reason}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from leaving_the_queue(before)


class TaskUnblocked(Event, topic="task.unblocked"):
    """Nothing is in its way any more."""

    cause: str
    status: Literal["pending", "in_progress"]
    blocked_reason: None = None


class TaskRetryScheduled(Event, topic="task.retry_scheduled"):
    """Its run failed; it is queued once more."""

    retry_count: int
    run_id: str
    status: Literal["pending"] = "pending"

    def changes(self, before: "Task") -> dict[str, Any]:
        return super().changes(before) | {"failed_run_id": self.run_id}


class TaskRetriesExhausted(Event, topic="task.retries_exhausted"):
    """Its run failed once too often; it is blocked until somebody decides."""

    retry_count: int
    run_id: str
    status: Literal["blocked"] = "blocked"
    blocked_reason: Literal["retries_exhausted"] = "retries_exhausted"

    def changes(self, before: "Task") -> dict[str, Any]:
        return super().changes(before) | {"failed_run_id": self.run_id}


class TaskRetriedManually(Event, topic="task.retried_manually"):
    """Somebody has it tried again; failures are counted anew."""

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


class TaskDeleted(Deleted, topic="task.deleted"):
    """The task and its subtasks are gone from the board; their history stays."""

    title: str
    board_column: str

    def cascades_to(self, before: "Task", id: str) -> Iterable[str]:
        yield subtasks_of(id)

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Vacancy(run_of_task(id), TaskAlreadyAssigned, capacity=1)
        yield Vacancy(subtasks_of(id), ConcurrencyConflict, capacity=1)
        if before.parent_task_id:
            yield Release(subtasks_of(before.parent_task_id))
        for dependency in before.depends_on:
            yield Release(dependents_of(dependency))
        yield from super().claims(before, id)
        yield Release(open_task(id))
        yield from leaving_the_queue(before)
