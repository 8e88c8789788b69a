"""A card: what a task is about, its place on the board, and its dependencies (domain.md 1.2, 1.4 and D5)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.dependencies import check_not_itself
from workledger.domain.kernel.aggregate import Aggregate, Event, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import UNSET, Integer, JsonObject, Name, Unset
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.task import board, ranks
from workledger.domain.task.board import UNFINISHED, Column, State, Status
from workledger.domain.task.card_events import (
    TaskDependencyAdded,
    TaskDependencyRemoved,
    TaskDetailsChanged,
    TaskLabelsChanged,
    TaskMetadataChanged,
    TaskMoved,
    TaskMovedToPhase,
    TaskReordered,
)
from workledger.domain.task.refusals import (
    TaskAlreadyApproved,
    TaskBlockedByDependency,
    TaskInvalidTransition,
    TaskNotWaitingApproval,
)

Category = Literal["execute", "research", "discuss", "plan", "detail", "refine", "verify", "merge", "review"]
Priority = Literal["low", "medium", "high"]
Description = Annotated[str, Field(max_length=5000)]
Labels = Annotated[tuple[Name, ...], Field(max_length=10)]
Rank = Annotated[str, Field(max_length=ranks.LONGEST, pattern=r"^[0-9A-Za-z]*[1-9A-Za-z]$")]


class Card(Aggregate):
    """The part of a Task that users plan with."""

    title: str
    description: str | None = None
    project_id: str | None = None
    initiative_id: str | None = None
    phase_id: str | None = None
    parent_task_id: str | None = None
    category: str = "execute"
    priority: str = "medium"
    plan_order: int = 0
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    status: Status = "pending"
    board_column: Column = "backlog"
    rank: str
    queued: bool = False
    depends_on: tuple[str, ...] = ()

    def belongs_to(self) -> Iterable[Require]:
        if self.project_id:
            yield Project.exists(self.project_id)
        elif self.parent_task_id:
            yield self.exists(self.parent_task_id)

    def requires(self) -> Iterable[Claim]:
        """Its parent too. Who requires a subtask need not look up to that: they are deleted together."""
        yield from self.belongs_to()
        if self.project_id and self.parent_task_id:
            yield self.exists(self.parent_task_id)

    @property
    def state(self) -> State:
        """Its state: its status, its column and whether it is queued, as one word."""
        return board.state_of(self.status, self.board_column, self.queued)

    @command
    def change_details(
        self,
        *,
        title: Name | Unset = UNSET,
        description: Description | Unset | None = UNSET,
        priority: Priority | Unset = UNSET,
        category: Category | Unset = UNSET,
    ) -> list[Event]:
        """Change the fields that are given; None clears the description.

        Raises:
            ReviewTaskOpen: REVIEW_TASK_OPEN, in the append: its phase has an open review task already.
        """
        changed = self.differing(title=title, description=description, priority=priority, category=category)
        return [TaskDetailsChanged(**changed)] if changed else []

    @command
    def change_labels(self, *, labels: Labels) -> list[Event]:
        """Replace its labels."""
        return [] if labels == self.labels else [TaskLabelsChanged(labels=labels)]

    @command
    def change_metadata(self, *, metadata: JsonObject) -> list[Event]:
        """Replace its metadata."""
        return [] if metadata == self.metadata else [TaskMetadataChanged(metadata=metadata)]

    @command
    def reorder(self, *, plan_order: Integer) -> list[Event]:
        """Change its place in the plan of its phase; its place in a column is its rank."""
        return [] if plan_order == self.plan_order else [TaskReordered(plan_order=plan_order)]

    @command
    def move_to_phase(self, *, phase_id: Id | None) -> list[Event]:
        """Put it into a phase of its initiative, or into none. Where it has no initiative, it comes into the phase's.

        Raises:
            PhaseNotFound: PHASE_NOT_FOUND, in the append.
            PhaseOfAnotherInitiative: PHASE_OF_ANOTHER_INITIATIVE, in the append.
            ReviewTaskOpen: REVIEW_TASK_OPEN, in the append: it is a review task, and the phase has an open one.
        """
        return [] if phase_id == self.phase_id else [TaskMovedToPhase(phase_id=phase_id)]

    @command
    def add_dependency(self, *, depends_on_task_id: Id) -> list[Event]:
        """Add a dependency: it cannot start before the other task is done.

        Raises:
            DependencySelf: DEPENDENCY_SELF, the other task is this one.
            DependencyCycle: DEPENDENCY_CYCLE, in the append: the other task depends on this one.
        """
        check_not_itself(type(self), self.id, depends_on_task_id)
        if depends_on_task_id in self.depends_on:
            return []
        return [TaskDependencyAdded(depends_on_task_id=depends_on_task_id)]

    @command
    def remove_dependency(self, *, depends_on_task_id: Id, reason: Name = "user") -> list[Event]:
        """Remove a dependency."""
        if depends_on_task_id not in self.depends_on:
            return []
        return [TaskDependencyRemoved(depends_on_task_id=depends_on_task_id, reason=reason)]

    @command(when=UNFINISHED, repeat=ANY)
    def place(self, *, rank: Rank) -> list[Event]:
        """Move it within its column."""
        if rank == self.rank:
            return []
        return [self._ranked(self.board_column, rank)]

    def refusal(self, command: str) -> Refused:
        """Reviews and dependencies have codes of their own."""
        refused: type[Refused] = TaskInvalidTransition
        if command in ("approve", "reject"):
            refused = TaskNotWaitingApproval
        if command == "approve" and self.state == "done":
            refused = TaskAlreadyApproved
        if command in ("queue", "assign") and self.state == "waiting":
            refused = TaskBlockedByDependency
        return refused(kind=self.CATEGORY, state=self.state, command=command)

    def _moved(self, column: Column, rank: str | None) -> list[Event]:
        return [] if column == self.board_column else [self._ranked(column, rank)]

    def _ranked(self, column: str, rank: str | None) -> Event:
        return TaskMoved(
            from_column=self.board_column, board_column=column, rank=rank or ranks.end(), previous_rank=self.rank
        )
