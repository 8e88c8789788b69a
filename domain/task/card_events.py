"""The events of a task as a card: what it is about, its place and its dependencies (domain.md 3.4)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field

from workledger.domain.dependencies import check_no_cycle
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Created, Event, Peers
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take
from workledger.domain.task import plan
from workledger.domain.task.events import dependents_of, open_task, subtasks_of

if TYPE_CHECKING:
    from workledger.domain.task.task import Task


class TaskCreated(Created, topic="task.created"):
    """A task was created, in the backlog. Where it has a phase, its initiative is that of the phase."""

    title: str
    description: str | None = None
    project_id: str | None = None
    initiative_id: str | None = None
    phase_id: str | None = None
    parent_task_id: str | None = None
    type: str = "auto"
    category: str = "execute"
    priority: str = "medium"
    plan_order: int = 0
    status: Literal["pending"] = "pending"
    board_column: str = "backlog"
    rank: str
    labels: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)

    def settle(self, before: Any, id: str, peers: Peers) -> Self:
        if self.initiative_id is not None:
            return self
        initiative_id = plan.initiative_of_phase(self.phase_id, peers)
        return self.model_copy(update={"initiative_id": initiative_id}) if initiative_id else self

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(open_task(id))
        if self.parent_task_id:
            yield Take(subtasks_of(self.parent_task_id), capacity=UNLIMITED)
        yield from plan.joins(self.initiative_id, self.phase_id, self.category, self.status)


class TaskDetailsChanged(Event, topic="task.details_changed", patch=True):
    """Its title, description, priority or category were changed: those that are given."""

    title: str | None = None
    description: str | None = None
    priority: str | None = None
    category: str | None = None

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        return plan.changes_category(before, self.category)


class TaskLabelsChanged(Event, topic="task.labels_changed"):
    """Its labels were replaced."""

    labels: tuple[str, ...]


class TaskMetadataChanged(Event, topic="task.metadata_changed"):
    """Its metadata was replaced."""

    metadata: dict[str, Any]


class TaskReordered(Event, topic="task.reordered"):
    """Its place in the plan of its phase was changed."""

    plan_order: int


class TaskMovedToPhase(Event, topic="task.moved_to_phase"):
    """It was moved to another phase, or to none. `initiative_id` is that of the phase, where it had none before."""

    phase_id: str | None
    initiative_id: str | None = None

    def settle(self, before: "Task", id: str, peers: Peers) -> Self:
        if self.phase_id is None or (before.initiative_id and peers.find(Initiative, before.initiative_id)):
            return self
        return self.model_copy(update={"initiative_id": plan.initiative_of_phase(self.phase_id, peers)})

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"phase_id": self.phase_id, "initiative_id": self.initiative_id or before.initiative_id}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield from plan.leaves_phase(before.phase_id)
        if self.phase_id:
            initiative_id = self.initiative_id or before.initiative_id
            yield from plan.joins(initiative_id, self.phase_id, before.category, before.status)


class TaskMoved(Event, topic="task.moved"):
    """It was moved to a rank in a column, which may be the column it was in."""

    from_column: str
    board_column: str
    rank: str
    previous_rank: str


class TaskDependencyAdded(Event, topic="task.dependency_added"):
    """It depends on that task: it cannot start until that is done."""

    depends_on_task_id: str

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"depends_on": (*before.depends_on, self.depends_on_task_id)}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield before.exists(self.depends_on_task_id)
        yield Take(dependents_of(self.depends_on_task_id), capacity=UNLIMITED)

    def check(self, before: "Task", id: str, peers: Peers) -> None:
        """Dependencies form no cycle (X14)."""
        check_no_cycle(before, id, self.depends_on_task_id, peers)


class TaskDependencyRemoved(Event, topic="task.dependency_removed"):
    """It does not depend on that task any more."""

    depends_on_task_id: str
    reason: str = "user"

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"depends_on": tuple(one for one in before.depends_on if one != self.depends_on_task_id)}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Release(dependents_of(self.depends_on_task_id))
