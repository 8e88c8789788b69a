"""A card: what a task is about, where it stands on the board, and what it waits for (DOMAIN.md 1.2, 1.4 and D5)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, command
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import events as project_events
from workledger.domain.task import board, ranks
from workledger.domain.task import events as task_events
from workledger.domain.task.board import Column, State, TaskInvalidTransition
from workledger.domain.task.card_events import (
    DependencySelf,
    TaskDependencyAdded,
    TaskDependencyRemoved,
    TaskDetailsChanged,
    TaskLabelsChanged,
    TaskMetadataChanged,
    TaskMoved,
    TaskMovedToPhase,
    TaskReordered,
)

Category = Literal["execute", "research", "discuss", "plan", "detail", "refine", "verify", "merge", "review"]
Priority = Literal["low", "medium", "high"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Description = Annotated[str, Field(max_length=5000)]
Labels = Annotated[tuple[Name, ...], Field(max_length=10)]
Rank = Annotated[str, Field(max_length=ranks.LONGEST, pattern=r"^[0-9A-Za-z]*[1-9A-Za-z]$")]


class Card(Aggregate):
    """The part of a Task that people plan with."""

    title: str
    description: str | None = None
    project_id: str | None = None
    phase_id: str | None = None
    parent_task_id: str | None = None
    category: str = "execute"
    priority: str = "medium"
    plan_order: int = 0
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    status: str = "pending"
    board_column: str = "backlog"
    rank: str
    queued: bool = False
    depends_on: tuple[str, ...] = ()

    def parents(self) -> Iterable[Claim]:
        if self.project_id:
            yield project_events.existing(self.project_id)
        if self.parent_task_id:
            yield task_events.existing(self.parent_task_id)

    @property
    def state(self) -> State:
        """What its status, its column and its being queued are together called."""
        return board.state_of(self.status, self.board_column, self.queued)

    @command
    def change_details(
        self,
        *,
        title: Name | None = None,
        description: Description | None = None,
        priority: Priority | None = None,
        category: Category | None = None,
    ) -> list[Event]:
        """Change what is given."""
        wanted = {"title": title, "description": description, "priority": priority, "category": category}
        changed = {key: value for key, value in wanted.items() if value is not None and value != getattr(self, key)}
        return [TaskDetailsChanged(**changed)] if changed else []

    @command
    def change_labels(self, *, labels: Labels) -> list[Event]:
        return [] if labels == self.labels else [TaskLabelsChanged(labels=labels)]

    @command
    def change_metadata(self, *, metadata: dict[str, Any]) -> list[Event]:
        return [] if metadata == self.metadata else [TaskMetadataChanged(metadata=metadata)]

    @command
    def reorder(self, *, plan_order: int) -> list[Event]:
        """Another place in the plan of its phase; its place in a column is its rank."""
        return [] if plan_order == self.plan_order else [TaskReordered(plan_order=plan_order)]

    @command
    def move_to_phase(self, *, phase_id: Id | None) -> list[Event]:
        return [] if phase_id == self.phase_id else [TaskMovedToPhase(phase_id=phase_id)]

    @command
    def add_dependency(self, *, depends_on_task_id: Id) -> list[Event]:
        """Wait for another task before starting.

        Raises:
            DependencySelf: DEPENDENCY_SELF, the other task is this one.
            DependencyCycle: DEPENDENCY_CYCLE, when recorded: the other one waits for this one.
        """
        if depends_on_task_id == self.id:
            raise DependencySelf(task_id=self.id)
        if depends_on_task_id in self.depends_on:
            return []
        return [TaskDependencyAdded(depends_on_task_id=depends_on_task_id)]

    @command
    def remove_dependency(self, *, depends_on_task_id: Id, reason: Name = "user") -> list[Event]:
        if depends_on_task_id not in self.depends_on:
            return []
        return [TaskDependencyRemoved(depends_on_task_id=depends_on_task_id, reason=reason)]

    @command
    def place(self, *, rank: Rank) -> list[Event]:
        """Another place in the same column."""
        if rank == self.rank:
            return []
        self._allow("place")
        return [self._ranked(self.board_column, rank)]

    def _allow(self, command: str, refused: type[Refused] = TaskInvalidTransition) -> None:
        if self.state not in board.ALLOWED[command]:
            raise refused(kind="task", state=self.state, command=command)

    def _moved(self, column: Column, rank: str | None) -> list[Event]:
        return [] if column == self.board_column else [self._ranked(column, rank)]

    def _ranked(self, column: str, rank: str | None) -> Event:
        return TaskMoved(
            from_column=self.board_column, board_column=column, rank=rank or ranks.end(), previous_rank=self.rank
        )
