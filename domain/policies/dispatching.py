"""Queue policies: put an unblocked task back in the queue, and give the next queued task to an idle agent
(domain.md 2.1 and 3.8)."""

from contextlib import suppress
from itertools import count

from workledger.domain.account.events import AccountAllExhausted
from workledger.domain.agent import Agent, AgentCreated, AgentNoAvailableTask, run_of_agent
from workledger.domain.agent_run.events import AgentRunCompleted, AgentRunFailed, AgentRunStopped
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.policy import Policy, Reaction, aggregate_ids_started_by
from workledger.domain.kernel.unit import Unit
from workledger.domain.policies.dependents import dependents
from workledger.domain.policies.run_ends import DECIDED
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectConcurrencyLimitChanged, ProjectStatusChanged
from workledger.domain.services.queue import full, take_next, waiting
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDependencyRemoved
from workledger.domain.task.events import (
    TaskBlocked,
    TaskCompleted,
    TaskDeleted,
    TaskDequeued,
    TaskQueued,
    TaskUnblocked,
)
from workledger.domain.task.refusals import QueueFull

RUN_ENDED = (AgentRunCompleted, AgentRunFailed, AgentRunStopped)
DONE = (TaskCompleted, TaskDeleted)
STARTABLE = (TaskQueued, TaskDependencyRemoved, AgentCreated, ProjectConcurrencyLimitChanged, ProjectStatusChanged)
SETTLED = (TaskQueued, TaskDequeued, *DECIDED)

TRIES = 5
"""Refusals in one reaction, such as when another process assigned the task first, before it gives up."""


def _queue_again(reaction: Reaction) -> None:
    reaction.decide(_queue, reaction)


def _queue(unit: Unit, reaction: Reaction) -> None:
    task = unit.edit(Task, reaction.id)
    touched = any(isinstance(past.event, SETTLED) for past in reaction.since(Task, reaction.id))
    if task.state == "ready" and not touched and _was_queued(reaction):
        task.queue()


def _was_queued(reaction: Reaction) -> bool:
    """Whether the task was in the queue when it was last blocked."""
    queued = was_queued = False
    for past in reaction.ledger.history(Task, reaction.id):
        if past.position >= reaction.past.position:
            break
        if isinstance(past.event, TaskBlocked):
            was_queued = queued
        queued = getattr(past.event, "queued", queued)
    return was_queued


def _dispatch(reaction: Reaction) -> None:
    for project_id in _projects(reaction):
        refusals = 0
        for nth in count(1):
            if refusals == TRIES or not _idle_agents(reaction.ledger, project_id):
                break
            outcome = reaction.decide(_assign_next, reaction, project_id, part=f"{project_id}:{nth}")
            refusals += outcome.refused is not None
            if not (outcome.positions or outcome.refused or outcome.repeated):
                break


def _assign_next(unit: Unit, reaction: Reaction, project_id: str) -> None:
    """Assign the next task to the idle agent with the fewest runs, and start its run."""
    if agents := _idle_agents(reaction.ledger, project_id):
        with suppress(AgentNoAvailableTask):
            take_next(unit, reaction.ledger, min(agents, key=lambda agent: (agent.session_count, agent.id)).id)


def _idle_agents(ledger: Ledger, project_id: str) -> list[Agent]:
    """The agents that could start a queued task; none when nothing is queued or the project's limit is reached."""
    project = ledger.find(Project, project_id)
    if project is None or project.status != "active" or not waiting(ledger, project_id) or full(ledger, project_id):
        return []
    return [
        agent
        for id in aggregate_ids_started_by(ledger, AgentCreated, ("project", project_id))
        if (agent := ledger.find(Agent, id)) and agent.type == "task" and not agent.dismissed
        if not ledger.holders(run_of_agent(id))
    ]


def _projects(reaction: Reaction) -> list[str]:
    """The projects in which a task may be startable since the event."""
    ids = {reaction.past.tags.get("project")}
    if isinstance(reaction.event, DONE):
        ids |= {task.project_id for id in dependents(reaction) if (task := reaction.ledger.find(Task, id))}
    return sorted(id for id in ids if id)


def _project_of(past: Recorded) -> str | None:
    return None if isinstance(past.event, DONE) else past.tags.get("project")


def _ready(past: Recorded) -> bool:
    return isinstance(past.event, TaskUnblocked) and past.event.status == "pending"


QUEUE_AGAIN = Policy("queue_again", (TaskUnblocked,), _queue_again, when=_ready, retry_on=(QueueFull,))
"""A task that was queued when it was blocked is queued again when it is unblocked."""

DISPATCH_NEXT = Policy(
    "dispatch_next",
    (*STARTABLE, *DONE, *RUN_ENDED),
    _dispatch,
    retry_on=(AccountAllExhausted,),
    coalesce_by=_project_of,
)
"""Idle agents of an active project are assigned its queued tasks, up to the project's concurrency limit.

Agents of another type than `task`, and dismissed ones, are left out. The task is assigned and its run started in one
unit; AgentRunStarted is the event on which a process is spawned. While all accounts are exhausted, tasks wait.
"""
