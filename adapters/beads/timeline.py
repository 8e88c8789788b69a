"""The timeline of a set of issues: the events of their tasks, ordered so that none precedes what it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from workledger.adapters.beads import changes
from workledger.adapters.beads.issues import Issue
from workledger.adapters.importing import Report, timestamp_of
from workledger.domain.kernel.aggregate import Event
from workledger.domain.task import Task

STALE = "issues older than imported before (the newer stay)"

Place = tuple[datetime, int, int]
"""The order of a step: its time, then creations, changes, dependencies and the rest, then parents before children."""


@dataclass(frozen=True, slots=True)
class Step:
    """Events of one task at one time."""

    place: Place
    task_id: str
    at: datetime
    events: tuple[Event, ...]
    what: str


class Timeline:
    """Steps for the issues whose tasks do not exist, differ, or were left half-way by an import, in the order of time.

    Args:
        tasks: those that are there already, by id: of the issues and of what they depend on; also deleted ones.
        history: the events of a task.
        now: the time of issues without one.
        report: told what is left out.
    """

    def __init__(
        self,
        issues: Mapping[str, Issue],
        tasks: Mapping[str, Task],
        history: Callable[[str], Sequence[Event]],
        project_id: str,
        now: datetime,
        report: Report,
    ) -> None:
        self._report = report
        self._issues, self._tasks, self._history = issues, tasks, history
        self._project_id, self._now = project_id, now
        self._waits = {id: set(task.depends_on) for id, task in tasks.items()}
        self._places: dict[str, Place] = {}
        self._new = [id for id in issues if id not in tasks]
        ours = [id for id in issues if id in tasks and self._is_read(id)]
        self._changed = [id for id in ours if changes.before(tasks[id]).get("digest") != issues[id].digest]
        self._same = sorted({*ours} - {*self._changed})
        self._unlinked: list[datetime] = []  # the last time at which a dependency is removed, if one is

    @property
    def read(self) -> list[str]:
        """The issues that are new, or have changed."""
        return [*self._new, *self._changed]

    def steps(self) -> list[Step]:
        steps = [self._creation(id) for id in self._new]
        steps += [self._revision(id) for id in self._changed]
        steps += self._dependencies()
        steps += [step for id in (*self._new, *self._same) for step in self._progress(id)]
        same = {*self._same} - {step.task_id for step in steps}
        self._report.skip("issues that have not changed", count=len(same))
        return sorted(steps, key=lambda step: (step.place, step.task_id))

    def _is_read(self, id: str) -> bool:
        """Whether what the issue says of an existing task counts."""
        task, issue = self._tasks[id], self._issues[id]
        before = changes.before(task)
        same = before.get("digest") == issue.digest
        if task.deleted:
            self._skip("issues that have not changed" if same else "issues whose task was deleted", "" if same else id)
            return False
        told = timestamp_of(before.get("updated_at"))
        if not same and told and issue.updated_at and issue.updated_at < told:
            self._skip(STALE, id)
            return False
        return True

    def _skip(self, reason: str, id: str = "") -> None:
        self._report.skip(reason, self._issues[id].place if id else "")

    def _there(self, id: str) -> bool:
        """Whether others may refer to it: what is deleted takes its links with it."""
        if id in self._issues and self._issues[id].state == "deleted":
            return False
        return not self._tasks[id].deleted if id in self._tasks else id in self._issues

    def _creation(self, id: str) -> Step:
        issue, at = self._issues[id], self._created(id)
        parent = self._parent(id)
        if parent != issue.parent_id:
            self._skip("parents that are not there or in a circle", id)
        event = changes.created(issue, self._project_id, parent, at)
        self._waits[id] = set()
        return Step(self._born(id), id, at, (event,), "tasks")

    def _parent(self, id: str) -> str | None:
        own = self._issues[id].parent_id
        if own is None or not self._there(own) or not self._there(id):
            return None
        above, one = {id}, self._issues[own].parent_id if own in self._issues else None
        above.add(own)
        while one is not None and one in self._issues and one not in above:
            above.add(one)
            one = self._issues[one].parent_id
        return None if one in above else own

    def _born(self, id: str) -> Place:
        """After its parent, whatever the timestamps are."""
        line, above = [], id
        while above not in self._places:
            line.append(above)
            parent = self._parent(above)
            if parent is None or parent in self._tasks:
                break
            above = parent
        for one in reversed(line):
            at, _, depth = self._places.get(self._parent(one) or "", (self._created(one), 0, 0))
            self._places[one] = (max(self._created(one), at), 0, depth + 1)
        return self._places[id]

    def _created(self, id: str) -> datetime:
        issue = self._issues[id]
        return issue.created_at or issue.updated_at or self._now

    def _revision(self, id: str) -> Step:
        task, issue = self._tasks[id], self._issues[id]
        at = issue.updated_at or self._now
        removed = [*changes.relinked(task, issue)]
        events = [*changes.revised(task, issue), *removed]
        self._waits[id] -= {event.depends_on_task_id for event in removed}
        if issue.parent_id != next(
            (link["on"] for link in changes.links(task) if link["type"] == "parent-child"), None
        ):
            self._skip("parents that changed (a task keeps its own)", id)
        if changes.before(task).get("status", issue.status) != issue.status:
            if task.agent_id and task.state == "working":
                self._skip("statuses of tasks that an agent works on", id)
            else:
                at = (issue.ended_at if issue.state in ("done", "deleted") else None) or at
                events += changes.Steps(task, issue, at).take()
        self._unlinked = [max([at, *self._unlinked])] if removed else self._unlinked
        return Step((at, 1, 0), id, at, tuple(events), "changed tasks")

    def _dependencies(self) -> list[Step]:
        asked = [
            (one.at or self._created(id), id, one.on)
            for id in (*self._new, *self._changed, *self._same)
            for one in self._issues[id].blockers
            if one.on not in self._waits[id]
        ]
        return [self._dependency(*one) for one in sorted(asked) if self._may_wait(*one[1:])]

    def _may_wait(self, id: str, on: str) -> bool:
        if id in self._tasks and changes.depends(on) in self._history(id):
            return False  # it was removed here
        if not self._there(on) or not self._there(id):
            self._skip("dependencies on or of what is not there", id)
        elif on == id or self._reaches(on, id):
            self._skip("dependencies that would close a circle", id)
        else:
            self._waits[id].add(on)
            return True
        return False

    def _reaches(self, start: str, end: str) -> bool:
        ahead, seen = [start], {start}
        while ahead:
            next_ones = self._waits.get(ahead.pop(), set()) - seen
            seen |= next_ones
            ahead += next_ones
        return end in seen

    def _dependency(self, at: datetime, id: str, on: str) -> Step:
        """After both tasks, and after the dependencies that are removed: with one of those it might close a circle."""
        born = [self._born(one)[0] for one in (id, on) if one not in self._tasks]
        return Step((max([at, *born, *self._unlinked]), 2, 0), id, at, (changes.depends(on),), "dependencies")

    def _progress(self, id: str) -> list[Step]:
        """To the state of an issue whose task is new, or has not got there because an import was ended."""
        issue, task = self._issues[id], self._tasks.get(id)
        at = (issue.ended_at if issue.state in ("done", "deleted") else None) or issue.updated_at or self._now
        if task is None:
            born = max(at, self._born(id)[0])
            task = Task.begin(id, changes.created(issue, self._project_id, None, self._created(id)))
        elif task.state != "ready" or issue.state == "ready" or changes.has_moved(self._history(id)):
            return []
        else:
            born = at
        events = changes.Steps(task, issue, at).take()
        last = issue.state == "deleted"
        return [Step((born, 4 if last else 3, 0), id, at, tuple(events), "changes of state")] if events else []
