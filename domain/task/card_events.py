"""The events of a task as a card: what it is about, its place and its dependencies (domain.md 3.4)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from workledger.domain.kernel.aggregate import Created, Event, Peers
from workledger.domain.kernel.claims import UNLIMITED, Claim, Release, Take
from workledger.domain.task.events import dependents_of, open_task, subtasks_of
from workledger.domain.task.refusals import DependencyCycle

if TYPE_CHECKING:
    from workledger.domain.task.task import Task


class TaskCreated(Created, topic="task.created"):
    """A task was created, in the backlog."""

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

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(open_task(id))
        if self.parent_task_id:
            yield Take(subtasks_of(self.parent_task_id), capacity=UNLIMITED)


class TaskDetailsChanged(Event, topic="task.details_changed", patch=True):
    """Its title, description, priority or category were changed: those that are given."""

    title: str | None = None
    description: str | None = None
    priority: str | None = None
    category: str | None = None


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
    """It was moved to another phase, or to none."""

    phase_id: str | None


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
        """Dependencies form no cycle (X14).

        Raises:
            DependencyCycle: the new dependency depends on the task, directly or not.
        """
        ahead, seen = [self.depends_on_task_id], set[str]()
        while ahead:
            one = ahead.pop()
            if one == id:
                raise DependencyCycle(task_id=id, depends_on_task_id=self.depends_on_task_id)
            if one not in seen:
                seen.add(one)
                peer = peers.find(type(before), one)
                ahead.extend(peer.depends_on if peer else ())


class TaskDependencyRemoved(Event, topic="task.dependency_removed"):
    """It does not depend on that task any more."""

    depends_on_task_id: str
    reason: str = "user"

    def changes(self, before: "Task") -> dict[str, Any]:
        return {"depends_on": tuple(one for one in before.depends_on if one != self.depends_on_task_id)}

    def claims(self, before: "Task", id: str) -> Iterable[Claim]:
        yield Release(dependents_of(self.depends_on_task_id))
