"""The queue of a project: choosing the next task, and assigning it to an agent (domain.md 2.1 and 3.8)."""

from datetime import datetime
from typing import Any

from workledger.domain.agent import Agent, AgentNoAvailableTask, ConcurrencyLimitExceeded
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.project.events import runs_in
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.events import TaskQueued, open_task, queue_of, run_of_task

PRIORITIES = {"high": 0, "medium": 1, "low": 2}

PLANNING = ("research", "discuss", "plan", "detail", "refine")
"""Categories of tasks that are never dispatched; a user assigns them (Codewalkers, domain.md 1.2)."""

TRIES = 5


def waiting(ledger: Ledger, project_id: str) -> list[Task]:
    """The queued tasks that can start, in their order: by priority, then by time of queueing, then by id."""
    found = []
    for stream in ledger.holders(queue_of(project_id)):
        task = ledger.find(Task, stream.partition("-")[2])
        if task is not None and _can_start(ledger, task):
            found.append((PRIORITIES.get(task.priority, 1), _queued_at(ledger, task), task.id, task))
    return [task for *_, task in sorted(found, key=lambda one: one[:3])]


def _can_start(ledger: Ledger, task: Task) -> bool:
    if not task.queued or task.category in PLANNING or unmet(ledger, task):
        return False
    return not ledger.holders(run_of_task(task.id))


def unmet(ledger: Ledger, task: Task) -> list[str]:
    """The ids of its dependencies that are not done."""
    return [id for id in task.depends_on if ledger.holders(open_task(id))]


def full(ledger: Ledger, project_id: str) -> bool:
    """Whether the project's concurrency limit is reached."""
    project = ledger.get(Project, project_id)
    return len(ledger.holders(runs_in(project_id))) >= project.max_concurrent_agents


def take_next(unit: Unit, ledger: Ledger, agent_id: str) -> AgentRun:
    """Assign the next task of its project to an agent, and start its run.

    Raises:
        AgentNoAvailableTask: AGENT_NO_AVAILABLE_TASK, no queued task can start.
        Refused: what `Task.assign` and `start_run` are refused with.
    """
    run_id = new_id(AgentRun.PREFIX)

    def decision() -> AgentRun:
        agent = unit.state(Agent, agent_id)
        for task in waiting(ledger, agent.project_id) if agent.project_id else ():
            unit.edit(Task, task.id).assign(agent_id=agent_id, agent_name=agent.name, agent_run_id=run_id)
            return start_run(unit, agent_id=agent_id, id=run_id, task_id=task.id)
        raise AgentNoAvailableTask

    return unit.decide(decision)


def assign_or_queue(
    ledger: Ledger, task_id: str, *, agent_id: str, command_id: str | None = None, **details: Any
) -> Task:
    """Assign a task, or queue it while its project's concurrency limit is reached (AgentPane, domain.md 2.1).

    Args:
        details: of the assignment, as `Task.assign` takes them.

    Raises:
        Refused: what `assign` is refused with, and QUEUE_FULL.
    """
    asked = digest("assign_or_queue", task_id, agent_id, details)
    for _ in range(TRIES):
        try:
            with ledger.unit(command_id, digest=asked) as unit:
                unit.decide(lambda: _assign_or_queue(unit, ledger, task_id, agent_id, details))
        except ConcurrencyLimitExceeded as refused:
            refusal = refused  # another run took the last place before our append: decide again
        else:
            assert unit.receipt is not None
            return ledger.get(Task, task_id) if unit.receipt.repeated else unit.state(Task, task_id)
    raise refusal


def _assign_or_queue(unit: Unit, ledger: Ledger, task_id: str, agent_id: str, details: dict[str, Any]) -> None:
    task = unit.edit(Task, task_id)
    if task.project_id and task.state in ("ready", "queued") and full(ledger, task.project_id):
        task.queue()
    else:
        task.assign(agent_id=agent_id, **details)


def _queued_at(ledger: Ledger, task: Task) -> datetime:
    return max(past.at for past in ledger.history(Task, task.id) if isinstance(past.event, TaskQueued))
