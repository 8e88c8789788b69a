"""Policies for runs that fail: retry their task, or block it (Codewalkers, domain.md 1.2 and 3.8)."""

from typing import Any

from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunFailed, AgentRunResumed, AgentRunStarted
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.events import (
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
from workledger.domain.task.refusals import QueueFull

GIVEN = (TaskAssigned, TaskUnassigned)
DECIDED = (
    *GIVEN,
    *(TaskWorkFinished, TaskApprovalRequested, TaskApproved, TaskRejected, TaskBlocked, TaskUnblocked),
    *(TaskCancelled, TaskRetryScheduled, TaskRetriesExhausted, TaskRetriedManually),
)
"""Events that decide what happens to a task after its run."""


def left_behind(reaction: Reaction, unit: Unit) -> Any:
    """A draft of the task that an ended run worked on; None when the policy must leave the task alone.

    That is so when the run was resumed or another one started, when the task was assigned or unassigned since the run
    was started or resumed, or when one of the events DECIDED has come since it ended.
    """
    run = unit.find(AgentRun, reaction.id)
    if run is None or run.live or run.task_id is None or unit.find(Task, run.task_id) is None:
        return None
    for past in reaction.since(Task, run.task_id, _began(reaction)):
        if isinstance(past.event, GIVEN if past.position < reaction.past.position else DECIDED):
            return None
    if reaction.ledger.holders(run_of_task(run.task_id)):
        return None
    return unit.edit(Task, run.task_id)


def _began(reaction: Reaction) -> int:
    """The position at which the run was started or last resumed before it ended."""
    return max(
        past.position
        for past in reaction.ledger.history(AgentRun, reaction.id)
        if isinstance(past.event, AgentRunStarted | AgentRunResumed) and past.position < reaction.past.position
    )


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


def _spawned(past: Recorded) -> bool:
    return not _not_spawned(past)


RETRY_ON_CRASH = Policy("retry_on_crash", (AgentRunFailed,), _retry, when=_spawned, retry_on=(QueueFull,))
"""The task of a run that failed is queued again, three times; then it is blocked until a user decides. That the run
cannot be resumed does not matter: another run may succeed (domain.md 2.1)."""

BLOCK_ON_SPAWN_FAILURE = Policy("block_on_spawn_failure", (AgentRunFailed,), _block, when=_not_spawned)
"""A task whose run could not be spawned is blocked."""
