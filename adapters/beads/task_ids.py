"""The ids of the tasks of issues. Issues of two projects may have the same id; ids of tasks are the ledger's.

A task has the id of its issue. Where another task has it, the end of the project's id stands behind it: `bd-1~3f9a2c`.
An issue that came back after its task was deleted with it has a number behind that: `bd-1~3f9a2c-2`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import count

from workledger.adapters.beads import changes
from workledger.adapters.beads.issues import Issue
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated


class TaskIds:
    """Finds the tasks of issues.

    Attributes:
        tasks: those that are there, by their ids; deleted ones too.
    """

    def __init__(self, ledger: Ledger, project_id: str) -> None:
        self._ledger, self._project_id = ledger, project_id
        self.tasks: dict[str, Task] = {}

    def named(self, issues: Mapping[str, Issue]) -> dict[str, Issue]:
        """The issues by the ids of their tasks, with their links to those of other issues."""
        told = {on.on for issue in issues.values() for on in issue.dependencies}
        ids = self._ids(sorted({*issues, *told}), {id for id, issue in issues.items() if issue.state != "deleted"})
        found = {}
        for id, issue in issues.items():
            links = tuple(replace(one, on=ids[one.on]) for one in issue.dependencies)
            rest = issue.rest if ids[id] == id else {**issue.rest, "id": id}
            found[ids[id]] = replace(issue, id=ids[id], dependencies=links, rest=rest)
        return found

    def _ids(self, issues: Iterable[str], living: set[str]) -> dict[str, str]:
        ids: dict[str, str] = {}
        last: dict[str, str] = {}
        candidates = {id: _candidates(id, self._project_id) for id in issues}
        tried = {id: next(candidates[id]) for id in candidates}
        while tried:
            there = self._ledger.existing(Task.stream(id) for id in tried.values())
            again = {}
            for issue, id in tried.items():
                task = self._ledger.find_any(Task, id) if Task.stream(id) in there else None
                if task is None:
                    ids[issue] = id if issue in living else last.get(issue, id)
                elif not self._is_ours(task):
                    again[issue] = next(candidates[issue])
                else:
                    self.tasks[id], last[issue] = task, id
                    if task.deleted and changes.before(task).get("status") == "tombstone":
                        again[issue] = next(candidates[issue])  # it may have come back, under the next id
                    else:
                        ids[issue] = id
            tried = again
        return ids

    def _is_ours(self, task: Task) -> bool:
        return task.project_id == self._project_id and self._was_imported(task)

    def _was_imported(self, task: Task) -> bool:
        if changes.before(task):
            return True
        first = self._ledger.history(Task, task.id)[0].event  # its metadata was replaced
        return isinstance(first, TaskCreated) and changes.SOURCE in first.metadata


def _candidates(id: str, project_id: str) -> Iterator[str]:
    yield id
    yield f"{id}~{project_id[-6:]}"
    for number in count(2):
        yield f"{id}~{project_id[-6:]}-{number}"
