"""Policies about runs that fail (Codewalkers, DOMAIN.md 1.2 and 3.8), and the task that a run which ended was at."""

from typing import Any

from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunFailed
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.events import (
    QueueFull,
    TaskApprovalRequested,
    TaskApproved,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskRejected,
    TaskRetriedManually,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskUnassigned,
    TaskUnblocked,
    TaskWorkFinished,
    run_of_task,
)

GIVEN = (TaskAssigned, TaskUnassigned)
DECIDED = (
    *GIVEN,
    *(TaskWorkFinished, TaskApprovalRequested, TaskApproved, TaskRejected, TaskBlocked, TaskUnblocked),
    *(TaskCancelled, TaskRetryScheduled, TaskRetriesExhausted, TaskRetriedManually),
)
"""What happens to a task when somebody says how it goes on."""


def left_behind(reaction: Reaction, unit: Unit) -> Any:
    """The task, as a draft, that the run worked on when it ended; None when it is in other hands by now.

    So it is when the run goes on or another one has begun, when the task has been assigned since the run began, or
    when anybody has said since it ended how the task goes on: what they said stands.
    """
    run = unit.find(AgentRun, reaction.id)
    if run is None or run.live or run.task_id is None or unit.find(Task, run.task_id) is None:
        return None
    begun = reaction.ledger.store.read_stream(reaction.past.stream_id, limit=1)[0].position
    for past in reaction.since(Task, run.task_id, begun):
        if isinstance(past.event, GIVEN if past.position < reaction.past.position else DECIDED):
            return None
    if reaction.ledger.holders(run_of_task(run.task_id)):
        return None
    return unit.edit(Task, run.task_id)


def _retry(reaction: Reaction) -> None:
    def decision(unit: Unit) -> None:
        if task := left_behind(reaction, unit):
            task.schedule_retry(run_id=reaction.id)

    reaction.decide(decision)


def _block(reaction: Reaction) -> None:
    def decision(unit: Unit) -> None:
        if task := left_behind(reaction, unit):
            task.block(reason="spawn_failure", detail=reaction.event.error)

    reaction.decide(decision)


def _not_spawned(past: Recorded) -> bool:
    return isinstance(past.event, AgentRunFailed) and past.event.cause == "spawn_error"


def _crashed(past: Recorded) -> bool:
    return isinstance(past.event, AgentRunFailed) and past.event.recoverable and not _not_spawned(past)


RETRY_ON_CRASH = Policy("retry_on_crash", (AgentRunFailed,), _retry, when=_crashed, later=(QueueFull,))
"""The task of a run that failed and could recover is queued again, three times; then it is left to somebody."""

BLOCK_ON_SPAWN_FAILURE = Policy("block_on_spawn_failure", (AgentRunFailed,), _block, when=_not_spawned)
"""A task whose run could not even begin is blocked."""
