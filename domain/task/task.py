"""A task is a card on the board; its status and its column are two faces of one state (domain.md 2.1)."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Event, New, command
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Count, Integer, JsonObject, Name, Number, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.task import board, ranks
from workledger.domain.task.board import Column
from workledger.domain.task.card import Category, Description, Labels, Priority, Rank
from workledger.domain.task.card_events import TaskCreated
from workledger.domain.task.dispatch import Dispatched
from workledger.domain.task.events import (
    TaskApprovalRequested,
    TaskApproved,
    TaskCancelled,
    TaskCompleted,
    TaskDeleted,
    TaskRejected,
    TaskReopened,
    TaskWorkFinished,
)
from workledger.domain.task.refusals import TaskInvalidTransition, TaskNoDiff, TaskNotFound

Type = Literal["auto"]


class Task(
    Dispatched, category="task", prefix="tsk", not_found=TaskNotFound, invalid=TaskInvalidTransition, state="state"
):
    """A card that agents work on and users review."""

    summary: str | None = None
    diff_summary: str | None = None
    files_changed: int | None = None
    rejection_count: int = 0

    @classmethod
    @command
    def create(
        cls,
        *,
        title: Name,
        id: Id | None = None,
        description: Description | None = None,
        project_id: Id | None = None,
        initiative_id: Id | None = None,
        phase_id: Id | None = None,
        parent_task_id: Id | None = None,
        type: Type = "auto",
        category: Category = "execute",
        priority: Priority = "medium",
        plan_order: Integer = 0,
        labels: Labels = (),
        metadata: JsonObject | None = None,
        rank: Rank | None = None,
    ) -> "New[Task]":
        """Create a task in the backlog, at its end unless a rank is given. Its initiative is that of its phase.

        Raises:
            Refused: in the append: PROJECT_NOT_FOUND, INITIATIVE_NOT_FOUND, PHASE_NOT_FOUND, TASK_NOT_FOUND for its
                parent, PHASE_OF_ANOTHER_INITIATIVE, REVIEW_TASK_OPEN.
        """
        if id is not None and id == parent_task_id:
            raise InvalidInput(summary="parent_task_id: a task is not its own parent")
        event = TaskCreated(
            title=title,
            description=description,
            project_id=project_id,
            initiative_id=initiative_id,
            phase_id=phase_id,
            parent_task_id=parent_task_id,
            type=type,
            category=category,
            priority=priority,
            plan_order=plan_order,
            rank=rank or ranks.end(),
            labels=labels,
            metadata=metadata or {},
        )
        return New(Task, id or new_id(Task.PREFIX), [event])

    @classmethod
    def state_of(cls, row: Mapping[str, Any]) -> str:
        """The state of a row of the table `tasks`."""
        return board.state_of(row["status"], row["board_column"], bool(row["queued"]))

    @command(when="working")
    def finish_work(
        self,
        *,
        turn_count: Number | None = None,
        summary: Text | None = None,
        diff_summary: Text | None = None,
        files_changed: Count | None = None,
        lines_added: Count | None = None,
        lines_removed: Count | None = None,
        approval: Literal["required", "none"] = "required",
        rank: Rank | None = None,
    ) -> list[Event]:
        """Report finished work: its diff waits for approval, or the task is done when no approval is asked for.

        Args:
            turn_count: how many turns it took; None where work has none.

        Raises:
            TaskNoDiff: TASK_NO_DIFF, approval is required but there is no diff; the task stays in progress.
        """
        finished = TaskWorkFinished(summary=summary, turn_count=turn_count)
        if approval == "none":
            return [finished, TaskCompleted(summary=summary), *self._moved("verified", rank)]
        if not (diff_summary or files_changed):
            raise TaskNoDiff(task_id=self.id)
        requested = TaskApprovalRequested(
            diff_summary=diff_summary,
            files_changed=files_changed,
            lines_added=lines_added,
            lines_removed=lines_removed,
        )
        return [finished, requested, *self._moved("waiting_approval", rank)]

    @command(when="in_review")
    def approve(
        self,
        *,
        approved_by: Name | None = None,
        feedback: Annotated[str, Field(max_length=1000)] | None = None,
        merge_sha: Name | None = None,
        rank: Rank | None = None,
    ) -> list[Event]:
        """Approve the work, which is merged: the task is done.

        Raises:
            TaskAlreadyApproved: TASK_ALREADY_APPROVED, it is done.
            TaskNotWaitingApproval: TASK_NOT_WAITING_APPROVAL, it is not in review.
            TaskNoDiff: TASK_NO_DIFF, it has neither a diff nor a branch.
        """
        if not (self.diff_summary or self.files_changed or self.branch):
            raise TaskNoDiff(task_id=self.id)
        approved = TaskApproved(approved_by=approved_by, feedback=feedback, merge_sha=merge_sha)
        return [approved, TaskCompleted(summary=self.summary), *self._moved("verified", rank)]

    @command(when="in_review")
    def reject(
        self,
        *,
        reason: Annotated[str, Field(min_length=1, max_length=1000)],
        feedback: Annotated[str, Field(max_length=5000)] | None = None,
        rank: Rank | None = None,
    ) -> list[Event]:
        """Reject the work: the task goes back to its agent, without the diff.

        Raises:
            TaskNotWaitingApproval: TASK_NOT_WAITING_APPROVAL.
        """
        rejected = TaskRejected(reason=reason, feedback=feedback, rejection_count=self.rejection_count + 1)
        return [rejected, *self._moved("in_progress", rank)]

    @command(when=board.UNFINISHED, repeat="dropped")
    def cancel(
        self,
        *,
        to: Literal["backlog", "dropped"] = "backlog",
        reason: Annotated[str, Field(max_length=500)] | None = None,
        rank: Rank | None = None,
    ) -> list[Event]:
        """Cancel it: back to the backlog, or dropped, which hides it until it is reopened (domain.md 10.5)."""
        if self.state == {"backlog": "ready", "dropped": "dropped"}[to]:
            return []
        cancelled = TaskCancelled(reason=reason, to=to, status="cancelled" if to == "dropped" else "pending")
        return [cancelled, *self._unassigned("cancelled"), *self._moved("backlog", rank)]

    @command(when=("done", "dropped"))
    def reopen(
        self, *, reason: Annotated[str, Field(min_length=1, max_length=1000)], rank: Rank | None = None
    ) -> list[Event]:
        """Reopen a task that was done or dropped: it is ready again."""
        return [
            TaskReopened(reason=reason, was_dropped=self.state == "dropped"),
            *self._unassigned("reopened"),
            *self._moved("backlog", rank),
        ]

    @command(when=board.UNFINISHED, repeat=ANY)
    def move(self, *, board_column: Column, rank: Rank | None = None, **arguments: Any) -> list[Event]:
        """Move its card: within the column this is `place`, to another column the command that leads there.

        Args:
            arguments: those of that command, such as `reason` for `reject`.

        Raises:
            TaskInvalidTransition: TASK_INVALID_TRANSITION, no command leads there.
        """
        if board_column == self.board_column:
            return self.place(rank=rank or self.rank, **arguments)
        if (self.board_column, board_column) not in board.DRAGS:
            raise self.refusal(f"move to {board_column}")
        name, settled = board.DRAGS[self.board_column, board_column]
        events: list[Event] = getattr(self, name)(rank=rank, **arguments | settled)
        return events

    @command
    def delete(self) -> list[Event]:
        """Delete it with its subtasks. Refused with TASK_ALREADY_ASSIGNED while a run is live."""
        return [TaskDeleted(title=self.title, board_column=self.board_column)]
