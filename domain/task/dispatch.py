"""Dispatch: how a task waits for an agent, is given to one, gets stuck, and is tried again (domain.md 2.1 and 3.8)."""

from typing import Annotated, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Event, command
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Name, Text
from workledger.domain.kernel.ids import Id
from workledger.domain.task.card import Card, Rank
from workledger.domain.task.events import (
    TaskAssigned,
    TaskBlocked,
    TaskDequeued,
    TaskQueued,
    TaskRetriedManually,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
)
from workledger.domain.task.refusals import TaskAlreadyAssigned

BlockReason = Literal["dependency", "spawn_failure", "merge_conflict", "retries_exhausted", "manual"]
Branch = Annotated[str, Field(max_length=100, pattern=r"^[a-zA-Z0-9\-_/]+$")]

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

    @command(when="ready", unless="queued")
    def queue(self, *, anyway: bool = False) -> list[Event]:
        """Wait for an agent. What it depends on must be done; `anyway` queues it before that, and it still starts
        only after.

        Raises:
            TaskBlockedByDependency: TASK_BLOCKED_BY_DEPENDENCY, now or when recorded.
            QueueFull: QUEUE_FULL, when recorded.
        """
        return [self._queued(anyway)]

    @command(when="queued", repeat=ANY)
    def dequeue(self, *, reason: Text | None = None) -> list[Event]:
        """Take it out of the queue."""
        return [TaskDequeued(reason=reason)] if self.queued else []

    @command(when=("ready", "queued"), repeat="working")
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
        assigned = TaskAssigned(
            agent_id=agent_id,
            agent_name=agent_name,
            agent_run_id=agent_run_id,
            session_id=session_id,
            worktree_id=worktree_id,
            branch=branch,
        )
        return [assigned, *self._moved("in_progress", rank), TaskStarted(first=not self.started)]

    @command(when=("ready", "queued", "working"), repeat=("waiting", "stuck"))
    def block(self, *, reason: BlockReason, detail: Text | None = None) -> list[Event]:
        """Something is in the way. Before the work has begun that can only be a dependency."""
        if self.blocked_reason == reason:
            return []
        if self.state in ("ready", "queued") and reason != "dependency":
            raise self.refusal(f"block for {reason}")
        return [TaskBlocked(reason=reason, detail=detail)]

    @command(when=("waiting", "stuck"), repeat=ANY)
    def unblock(self, *, cause: Text = "manual") -> list[Event]:
        """Nothing is in the way any more: ready in the backlog, or at work where it was."""
        if self.status != "blocked":
            return []
        return [TaskUnblocked(cause=cause, status="pending" if self.board_column == "backlog" else "in_progress")]

    @command(when="working", repeat=ANY)
    def schedule_retry(self, *, run_id: Id, rank: Rank | None = None) -> list[Event]:
        """Its run failed: queue it once more, or leave it for somebody after RETRIES times (domain.md 3.8).

        A run is answered once, however often its failure is reported.
        """
        if run_id == self.failed_run_id:
            return []
        if self.retry_count >= RETRIES:
            return [TaskRetriesExhausted(retry_count=self.retry_count, run_id=run_id)]
        scheduled = TaskRetryScheduled(retry_count=self.retry_count + 1, run_id=run_id)
        return [scheduled, *self._unassigned("retry"), *self._moved("backlog", rank), self._queued(anyway=True)]

    @command(when=("waiting", "stuck"), repeat="queued")
    def retry(self, *, anyway: bool = False, rank: Rank | None = None) -> list[Event]:
        """Somebody queues what was stuck, and the count of retries begins anew."""
        if self.queued and self.retry_count == 0:
            return []
        return [
            TaskRetriedManually(),
            *self._unassigned("retry"),
            *self._moved("backlog", rank),
            self._queued(anyway),
        ]

    def _queued(self, anyway: bool) -> Event:
        return TaskQueued(priority=self.priority, depends_on=self.depends_on, anyway=anyway)

    def _unassigned(self, reason: str) -> list[Event]:
        return [TaskUnassigned(agent_id=self.agent_id, reason=reason)] if self.agent_id else []
