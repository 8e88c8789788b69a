"""The policy that unblocks tasks when their dependencies are done (Codewalkers, domain.md 2.1 and 3.8)."""

from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDependencyRemoved
from workledger.domain.task.events import TaskBlocked, TaskCompleted, TaskDeleted, dependents_of


def dependents(reaction: Reaction, task_id: str | None = None) -> list[str]:
    """The ids of the tasks that depend on the event's task, or on another: read from their claims, which never lag."""
    return [stream.partition("-")[2] for stream in reaction.ledger.holders(dependents_of(task_id or reaction.id))]


def _unblock_all(reaction: Reaction) -> None:
    removed = isinstance(reaction.event, TaskDependencyRemoved)
    for id in [reaction.id] if removed else dependents(reaction):
        if _is_waiting(reaction.ledger.find(Task, id)):
            reaction.decide(_unblock, reaction, id, part=id)


def _is_waiting(task: Task | None) -> bool:
    return task is not None and task.status == "blocked" and task.blocked_reason == "dependency"


def _unblock(unit: Unit, reaction: Reaction, id: str) -> None:
    """Unblock a task whose dependencies are all done; not when it was blocked again after the event."""
    task = unit.find(Task, id)
    if task is None or not _is_waiting(task):
        return
    if any(isinstance(past.event, TaskBlocked) for past in reaction.since(Task, id)):
        return
    if all((other := unit.find(Task, one)) is None or other.state == "done" for one in task.depends_on):
        unit.edit(Task, id).unblock(cause="dependency")


UNBLOCK_DEPENDENTS = Policy("unblock_dependents", (TaskCompleted, TaskDeleted, TaskDependencyRemoved), _unblock_all)
"""A blocked task is unblocked when the last of its dependencies is done, deleted or removed.

Dropping a task does not unblock its dependents (domain.md 10.3).
"""
