"""The policy that tasks wait no longer than for what they depend on (Codewalkers, DOMAIN.md 2.1 and 3.8)."""

from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDependencyRemoved
from workledger.domain.task.events import TaskBlocked, TaskCompleted, TaskDeleted, dependents_of


def dependents(reaction: Reaction, task_id: str | None = None) -> list[str]:
    """The tasks that depend on the event's, or another. Their dependencies hold claims, which lag behind nothing."""
    return [stream.partition("-")[2] for stream in reaction.ledger.holders(dependents_of(task_id or reaction.id))]


def _free(reaction: Reaction) -> None:
    removed = isinstance(reaction.event, TaskDependencyRemoved)
    for id in [reaction.id] if removed else dependents(reaction):
        if _waits(reaction.ledger.find(Task, id)):
            reaction.decide(_unblock, reaction, id, part=id)


def _waits(task: Task | None) -> bool:
    return task is not None and task.status == "blocked" and task.blocked_reason == "dependency"


def _unblock(unit: Unit, reaction: Reaction, id: str) -> None:
    """A task that was blocked only after the event waits for something else, which somebody knows."""
    task = unit.find(Task, id)
    if task is None or not _waits(task):
        return
    if any(isinstance(past.event, TaskBlocked) for past in reaction.since(Task, id)):
        return
    if all((other := unit.find(Task, one)) is None or other.state == "done" for one in task.depends_on):
        unit.edit(Task, id).unblock(cause="dependency")


UNBLOCK_DEPENDENTS = Policy("unblock_dependents", (TaskCompleted, TaskDeleted, TaskDependencyRemoved), _free)
"""When the last of a blocked task's dependencies is done, deleted or given up, the task is ready, or at work, again.

Dropping a task does not free those that wait for it (DOMAIN.md 10.3).
"""
