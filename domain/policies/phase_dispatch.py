"""Policies that take phases on in the order of their dependencies, and queue the tasks of those in progress
(Codewalkers, domain.md 2.7 and 3.8)."""

from collections.abc import Iterable, Iterator

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.phase.claims import dependents_of, open_phase, tasks_of_phase
from workledger.domain.phase.events import (
    PhaseBlocked,
    PhaseCompleted,
    PhaseDeleted,
    PhaseDependencyRemoved,
    PhaseQueued,
    PhaseStarted,
    PhaseUnblocked,
)
from workledger.domain.policies.dependents import dependents
from workledger.domain.policies.dispatching import SETTLED
from workledger.domain.services.queue import PLANNING, unmet
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated, TaskDependencyRemoved, TaskMovedToPhase
from workledger.domain.task.events import TaskCompleted, TaskDeleted, TaskUnblocked
from workledger.domain.task.refusals import QueueFull

DEPENDENCY = "dependency"
"""The reason for which a phase is blocked that waits for another one, as it is with tasks."""

GONE = (PhaseCompleted, PhaseDeleted)
DONE = (TaskCompleted, TaskDeleted)
OF_PHASES = (PhaseStarted, PhaseUnblocked)
OF_TASKS = (TaskCreated, TaskMovedToPhase, TaskDependencyRemoved, TaskUnblocked)


def _ids(streams: Iterable[str]) -> list[str]:
    return [stream.partition("-")[2] for stream in streams]


def _waiting(reaction: Reaction) -> list[str]:
    """The phases that may go on since the event: itself, or those that depend on it."""
    return (
        _ids(reaction.ledger.holders(dependents_of(reaction.id))) if isinstance(reaction.event, GONE) else [reaction.id]
    )


def _met(ledger: Ledger, phase: Phase) -> bool:
    """Whether all phases that it depends on are completed."""
    return not any(ledger.holders(open_phase(one)) for one in phase.depends_on)


def _unblock_all(reaction: Reaction) -> None:
    for id in _waiting(reaction):
        reaction.decide(_unblock, reaction, id, part=id)


def _unblock(unit: Unit, reaction: Reaction, id: str) -> None:
    """Unblock a phase that waits for others, which are all completed; not when it was blocked again after the event."""
    phase = unit.find(Phase, id)
    if phase is None or phase.state != "blocked" or phase.blocked_reason != DEPENDENCY:
        return
    if _met(reaction.ledger, phase) and not _any((PhaseBlocked,), reaction.since(Phase, id)):
        unit.edit(Phase, id).unblock()


def _start_all(reaction: Reaction) -> None:
    for id in _waiting(reaction):
        reaction.decide(_start, reaction, id, part=id)


def _start(unit: Unit, reaction: Reaction, id: str) -> None:
    phase = unit.find(Phase, id)
    if phase is not None and phase.state == "queued" and _met(reaction.ledger, phase):
        unit.edit(Phase, id).start()


def _queue_all(reaction: Reaction) -> None:
    for id in _startable(reaction):
        reaction.decide(_queue, reaction, id, part=id)


def _startable(reaction: Reaction) -> Iterator[str]:
    """The tasks that may be queued since the event, in the order of their plan."""
    if isinstance(reaction.event, OF_PHASES):
        ids = _ids(reaction.ledger.holders(tasks_of_phase(reaction.id)))
        tasks = [task for id in ids if (task := reaction.ledger.find(Task, id)) is not None]
        yield from (task.id for task in sorted(tasks, key=lambda task: (task.plan_order, task.id)))
    elif isinstance(reaction.event, DONE):
        yield from dependents(reaction)
    else:
        yield reaction.id


def _queue(unit: Unit, reaction: Reaction, id: str) -> None:
    """Queue a task of a phase in progress that can start; not when something was decided about it after the event."""
    task = unit.find(Task, id)
    if task is None or task.state != "ready" or task.category in PLANNING or task.phase_id is None:
        return
    phase = unit.find(Phase, task.phase_id)
    if phase is None or phase.state != "in_progress" or unmet(reaction.ledger, task):
        return
    if isinstance(reaction.event, OF_TASKS) and _any(OF_PHASES, reaction.since(Phase, task.phase_id)):
        return  # that event queues the tasks of the phase, in the order of their plan
    if not _any(SETTLED, reaction.since(Task, id)):
        unit.edit(Task, id).queue()


def _any(kinds: tuple[type[Event], ...], history: Iterable[Recorded]) -> bool:
    return any(isinstance(past.event, kinds) for past in history)


def _concerns_tasks(past: Recorded) -> bool:
    """Tasks of no phase are of no concern, but others may depend on one."""
    event = past.event
    if isinstance(event, OF_PHASES):
        return event.status == "in_progress"
    if isinstance(event, TaskUnblocked) and event.status != "pending":
        return False
    return isinstance(event, DONE) or "phase" in past.tags


UNBLOCK_PHASES = Policy("unblock_phases", (*GONE, PhaseDependencyRemoved), _unblock_all)
"""A phase that is blocked for the reason `dependency` is unblocked when the last phase that it depends on is completed,
deleted or no longer a dependency."""

START_PHASES = Policy("start_phases", (PhaseQueued, PhaseUnblocked, *GONE, PhaseDependencyRemoved), _start_all)
"""A queued phase is started when all phases that it depends on are completed."""

QUEUE_TASKS = Policy(
    "queue_tasks", (*OF_PHASES, *OF_TASKS, *DONE), _queue_all, when=_concerns_tasks, retry_on=(QueueFull,)
)
"""Tasks of a phase in progress are queued as soon as all that they depend on is done, those of planning categories
left out."""
