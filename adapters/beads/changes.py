"""The events that bring a task to the state of its issue."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from workledger.adapters.beads.issues import WAITS, Issue
from workledger.domain.kernel.aggregate import Event
from workledger.domain.task import Task, card_events, ranks
from workledger.domain.task.card_events import (
    TaskCreated,
    TaskDependencyAdded,
    TaskDependencyRemoved,
    TaskDetailsChanged,
    TaskLabelsChanged,
    TaskMetadataChanged,
    TaskMoved,
)
from workledger.domain.task.events import (
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskDeleted,
    TaskDequeued,
    TaskReopened,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
)

SOURCE = "beads"
"""The key in a task's metadata under which the issue is saved as it was last imported."""

CAUSE = "said by the issue"


def created(issue: Issue, project_id: str, parent_id: str | None, at: datetime) -> TaskCreated:
    """The beginning of its task."""
    return TaskCreated(
        title=issue.title,
        description=issue.description,
        project_id=project_id,
        parent_task_id=parent_id,
        category=issue.category,
        priority=issue.priority,
        rank=ranks.end(at),
        labels=issue.labels,
        metadata={SOURCE: saved(issue)},
    )


def saved(issue: Issue) -> dict[str, Any]:
    """What is saved of the issue: fields that a task does not have, and what the next import compares with."""
    links = [{"on": one.on, "type": one.type} for one in issue.dependencies]
    return {**issue.rest, "status": issue.status, "links": links, "digest": issue.digest}


def before(task: Task) -> dict[str, Any]:
    """The issue of a task as it was last imported; empty when the task has none."""
    issue = task.metadata.get(SOURCE)
    return issue if isinstance(issue, dict) else {}


def links(task: Task) -> list[dict[str, str]]:
    """The links that its issue had then."""
    return list(before(task).get("links", ()))


def has_moved(history: Iterable[Event]) -> bool:
    """Whether a task has events beyond those of its card."""
    return any(type(event).__module__ != card_events.__name__ for event in history)


def revised(task: Task, issue: Issue) -> Iterator[Event]:
    """The changes of its card, other than dependencies."""
    wanted = {name: getattr(issue, name) for name in ("title", "description", "priority", "category")}
    changed = {name: value for name, value in wanted.items() if value != getattr(task, name)}
    if changed:
        yield TaskDetailsChanged(**changed)
    if issue.labels != task.labels:
        yield TaskLabelsChanged(labels=issue.labels)
    yield TaskMetadataChanged(metadata={**task.metadata, SOURCE: saved(issue)})


def relinked(task: Task, issue: Issue) -> Iterator[TaskDependencyRemoved]:
    """Removals of dependencies that an earlier import added and the issue no longer has."""
    wanted = {one.on for one in issue.blockers}
    for link in links(task):
        if link["type"] in WAITS and link["on"] in task.depends_on and link["on"] not in wanted:
            yield TaskDependencyRemoved(depends_on_task_id=link["on"], reason="import")


def depends(on: str) -> TaskDependencyAdded:
    return TaskDependencyAdded(depends_on_task_id=on)


class Steps:
    """The legal events, one transition after the other, from the state of a task to that of its issue."""

    def __init__(self, task: Task, issue: Issue, at: datetime) -> None:
        self.task, self.issue, self.at = task, issue, at
        self.events: list[Event] = []

    def take(self) -> list[Event]:
        wanted = self.issue.state
        if wanted == "deleted":
            return [TaskDeleted(title=self.task.title, board_column=self.task.board_column)]
        if self.task.queued and wanted != "ready":
            self._happen(TaskDequeued(reason=CAUSE))
        if self.task.state == "waiting" != wanted:
            self._happen(TaskUnblocked(cause=CAUSE, status="pending"))
        if self.task.state in ("done", "dropped") and wanted != self.task.state:
            self._happen(TaskReopened(reason=CAUSE), *self._unassigned(), *self._moved("backlog"))
        if self.task.state in ("working", "stuck", "in_review") and wanted in ("ready", "waiting"):
            cancelled = TaskCancelled(reason=CAUSE, to="backlog", status="pending")
            self._happen(cancelled, *self._unassigned(), *self._moved("backlog"))
        if self.task.state == "ready" and wanted == "waiting":
            self._happen(TaskBlocked(reason="dependency" if self.issue.blockers else "manual", detail=CAUSE))
        if self.task.state == "ready" and wanted == "working":
            self._happen(TaskStarted(), *self._moved("in_progress"))
        if wanted == "done" != self.task.state:
            if self.task.state == "stuck":
                self._happen(TaskUnblocked(cause=CAUSE, status="in_progress"))
            self._happen(TaskCompleted(summary=self.issue.summary), *self._moved("verified"))
        return self.events

    def _happen(self, *events: Event) -> None:
        for event in events:
            self.events.append(event)
            self.task = self.task.after(event)

    def _unassigned(self) -> Iterator[Event]:
        if self.task.agent_id:
            yield TaskUnassigned(agent_id=self.task.agent_id, reason="import")

    def _moved(self, column: str) -> Iterator[Event]:
        if column != self.task.board_column:
            yield TaskMoved(
                from_column=self.task.board_column,
                board_column=column,
                rank=ranks.end(self.at),
                previous_rank=self.task.rank,
            )
