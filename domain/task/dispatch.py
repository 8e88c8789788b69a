"""Dispatch: how a task is queued, assigned to an agent, blocked, and retried (domain.md 2.1 and 3.8)."""

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
"""Automatic retries of a task after crashes of its agent; then it is blocked until a user decides."""


class Dispatched(Card):
    """The part of a Task by which it is assigned to agents."""

    blocked_reason: str | None = None
    agent_id: str | None = None
    agent_run_id: str | None = None
    session_id: str | None = None
    branch: str | None = None
    retry_count: int = 0
    started: bool = False
    failed_run_id: str | None = None
    """The failed run that the last retry was for."""

    def tags(self) -> dict[str, str | None]:
        return {
            "project": self.project_id,
            "initiative": self.initiative_id,
            "phase": self.phase_id,
            "task": self.id,
            "agent": self.agent_id,
            "run": self.agent_run_id,
            "session": self.session_id,
            "parent": self.parent_task_id,
        }

    @command(when="ready", unless="queued")
    def queue(self, *, anyway: bool = False) -> list[Event]:
        """Queue it for an agent. Its dependencies must be done; `anyway` queues it before, but it cannot start
        until they are.

        Raises:
            TaskBlockedByDependency: TASK_BLOCKED_BY_DEPENDENCY, now or in the append.
            QueueFull: QUEUE_FULL, in the append.
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
        """Assign it to an agent, and start it. In one unit of work this comes before the run is started.

        Raises:
            TaskAlreadyAssigned: TASK_ALREADY_ASSIGNED, it has an agent.
            TaskBlockedByDependency: TASK_BLOCKED_BY_DEPENDENCY, now or in the append.
            Refused: in the append: AGENT_NOT_FOUND, AGENT_ALREADY_RUNNING, CONCURRENCY_LIMIT_EXCEEDED.
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
        """Block it. Before it has started, only a dependency can be the reason."""
        if self.blocked_reason == reason:
            return []
        if self.state in ("ready", "queued") and reason != "dependency":
            raise self.refusal(f"block for {reason}")
        return [TaskBlocked(reason=reason, detail=detail)]

    @command(when=("waiting", "stuck"), repeat=ANY)
    def unblock(self, *, cause: Text = "manual") -> list[Event]:
        """Unblock it: it is ready in the backlog, or working in progress, as before."""
        if self.status != "blocked":
            return []
        return [TaskUnblocked(cause=cause, status="pending" if self.board_column == "backlog" else "in_progress")]

    @command(when="working", repeat=ANY)
    def schedule_retry(self, *, run_id: Id, rank: Rank | None = None) -> list[Event]:
        """Queue it again after its run failed; after RETRIES times, block it until a user decides (domain.md 3.8).

        One failed run is retried once, however often its failure is reported.
        """
        if run_id == self.failed_run_id:
            return []
        if self.retry_count >= RETRIES:
            return [TaskRetriesExhausted(retry_count=self.retry_count, run_id=run_id)]
        scheduled = TaskRetryScheduled(retry_count=self.retry_count + 1, run_id=run_id)
        return [scheduled, *self._unassigned("retry"), *self._moved("backlog", rank), self._queued(anyway=True)]

    @command(when=("waiting", "stuck"), repeat="queued")
    def retry(self, *, anyway: bool = False, rank: Rank | None = None) -> list[Event]:
        """Queue a blocked task by hand, and reset its count of retries."""
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
