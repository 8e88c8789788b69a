"""Dispatch: how a task waits for an agent, is given to one, gets stuck, and is tried again (DOMAIN.md 2.1 and 3.8)."""

from typing import Annotated, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Event, command
from workledger.domain.kernel.ids import Id
from workledger.domain.task.board import TaskInvalidTransition
from workledger.domain.task.card import Card, Name, Rank
from workledger.domain.task.events import (
    TaskAlreadyAssigned,
    TaskAssigned,
    TaskBlocked,
    TaskBlockedByDependency,
    TaskDequeued,
    TaskQueued,
    TaskRetriedManually,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
)

BlockReason = Literal["dependency", "spawn_failure", "merge_conflict", "retries_exhausted", "manual"]
Branch = Annotated[str, Field(max_length=100, pattern=r"^[a-zA-Z0-9\-_/]+$")]
Text = Annotated[str, Field(max_length=100_000)]

RETRIES = 3
"""Times a task is started again by itself after its agent crashed; then it waits for somebody."""


class Dispatched(Card):
    """The part of a Task that agents take."""

    blocked_reason: str | None = None
    agent_id: str | None = None
    agent_run_id: str | None = None
    session_id: str | None = None
    branch: str | None = None
    retry_count: int = 0
    started: bool = False
    failed_run_id: str | None = None
    """The run that the last retry answered."""

    def tags(self) -> dict[str, str | None]:
        return {
            "project": self.project_id,
            "task": self.id,
            "agent": self.agent_id,
            "run": self.agent_run_id,
            "session": self.session_id,
            "parent": self.parent_task_id,
        }

    @command
    def queue(self, *, anyway: bool = False) -> list[Event]:
        """Wait for an agent. What it depends on must be done, unless it is queued `anyway` (it starts later still)."""
        if self.queued:
            return []
        self._ready_for("queue")
        return [self._queued(anyway)]

    @command
    def dequeue(self, *, reason: Text | None = None) -> list[Event]:
        return [TaskDequeued(reason=reason)] if self.queued else []

    @command
    def assign(
        self,
        *,
        agent_id: Id,
        agent_name: Name | None = None,
        agent_run_id: Id | None = None,
        session_id: Id | None = None,
        worktree_id: Id | None = None,
        branch: Branch | None = None,
        rank: Rank | None = None,
    ) -> list[Event]:
        """An agent takes it and starts. In one unit of work this comes before the run that it begins.

        Raises:
            TaskAlreadyAssigned: TASK_ALREADY_ASSIGNED, an agent has it.
            TaskBlockedByDependency: TASK_BLOCKED_BY_DEPENDENCY, now or when recorded.
            Refused: when recorded: AGENT_NOT_FOUND, AGENT_ALREADY_RUNNING, CONCURRENCY_LIMIT_EXCEEDED.
        """
        if self.state == "working":
            if agent_id == self.agent_id and agent_run_id in (None, self.agent_run_id):
                return []
            raise TaskAlreadyAssigned(task_id=self.id, agent_id=self.agent_id)
        self._ready_for("assign")
        assigned = TaskAssigned(
            agent_id=agent_id,
            agent_name=agent_name,
            agent_run_id=agent_run_id,
            session_id=session_id,
            worktree_id=worktree_id,
            branch=branch,
        )
        return [assigned, *self._moved("in_progress", rank), TaskStarted(first=not self.started)]

    @command
    def block(self, *, reason: BlockReason, detail: Text | None = None) -> list[Event]:
        """Something is in the way. Before the work has begun that can only be a dependency."""
        if self.blocked_reason == reason:
            return []
        self._allow("block")
        if self.state != "working" and reason != "dependency":
            raise TaskInvalidTransition(kind="task", state=self.state, command=f"block for {reason}")
        return [TaskBlocked(reason=reason, detail=detail)]

    @command
    def unblock(self, *, cause: Text = "manual") -> list[Event]:
        """Nothing is in the way any more: ready in the backlog, or at work where it was."""
        if self.status != "blocked":
            return []
        return [TaskUnblocked(cause=cause, status="pending" if self.board_column == "backlog" else "in_progress")]

    @command
    def schedule_retry(self, *, run_id: Id, rank: Rank | None = None) -> list[Event]:
        """Its run failed: queue it once more, or leave it for somebody after RETRIES times (DOMAIN.md 3.8).

        A run is answered once, however often its failure is reported.
        """
        if run_id == self.failed_run_id:
            return []
        self._allow("schedule_retry")
        if self.retry_count >= RETRIES:
            return [TaskRetriesExhausted(retry_count=self.retry_count, run_id=run_id)]
        scheduled = TaskRetryScheduled(retry_count=self.retry_count + 1, run_id=run_id)
        return [scheduled, *self._unassigned("retry"), *self._moved("backlog", rank), self._queued(anyway=True)]

    @command
    def retry(self, *, anyway: bool = False, rank: Rank | None = None) -> list[Event]:
        """Somebody queues what was stuck, and the count of retries begins anew."""
        if self.queued and self.retry_count == 0:
            return []
        self._allow("retry")
        return [
            TaskRetriedManually(),
            *self._unassigned("retry"),
            *self._moved("backlog", rank),
            self._queued(anyway),
        ]

    def _ready_for(self, command: str) -> None:
        if self.state == "waiting":
            raise TaskBlockedByDependency(task_id=self.id)
        self._allow(command)

    def _queued(self, anyway: bool) -> Event:
        return TaskQueued(priority=self.priority, depends_on=self.depends_on, anyway=anyway)

    def _unassigned(self, reason: str) -> list[Event]:
        return [TaskUnassigned(agent_id=self.agent_id, reason=reason)] if self.agent_id else []
