"""A desk where agents work on tasks: what happens at it, and what policies make follow from it."""

from collections.abc import Callable, Sequence
from typing import Any

from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Policy
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.projections.engine.react.reactor import Reactor

Command = Callable[[Any], object]


class Desk:
    """A project `p` with an agent `ann`, and the policies that are on.

    Commands are given as functions of the draft: `desk.task("t", lambda task: task.queue())`.
    """

    def __init__(self, ledger: Workledger, *policies: Policy, limit: int = 3) -> None:
        self.ledger = ledger
        if ledger.find(Project, "p") is None:
            ledger.create(Project.create(id="p", name="Bakery", max_concurrent_agents=limit))
            self.hire("ann")
        self.reactor = Reactor(ledger, ledger.tables, policies)
        self.reactor.prepare()

    def hire(self, id: str, **details: Any) -> None:
        self.ledger.create(Agent.create(**{"id": id, "name": id, "project_id": "p", **details}))

    def card(self, id: str, *commands: Command, **details: Any) -> None:
        """A new task, and what is asked of it."""
        self.ledger.create(Task.create(**{"id": id, "title": id, "project_id": "p", "rank": "M", **details}))
        self.task(id, *commands)

    def cards(self, *ids: str) -> None:
        """New tasks, all of them queued."""
        with self.ledger.unit() as unit:
            for id in ids:
                unit.create(Task.create(id=id, title=id, project_id="p", rank="M"))
                unit.edit(Task, id).queue()

    def task(self, id: str, *commands: Command) -> None:
        with self.ledger.edit(Task, id) as task:
            for command in commands:
                command(task)

    def run(self, id: str, *commands: Command) -> None:
        with self.ledger.edit(AgentRun, id) as run:
            for command in commands:
                command(run)

    def project(self, command: Command) -> None:
        with self.ledger.edit(Project, "p") as project:
            command(project)

    def at_work(self, task_id: str, run_id: str, agent_id: str = "ann", **details: Any) -> None:
        """An agent is given the task, and begins to run."""
        with self.ledger.unit() as unit:
            unit.edit(Task, task_id).assign(agent_id=agent_id, agent_run_id=run_id, rank="M")
            start_run(unit, agent_id=agent_id, id=run_id, task_id=task_id, **details)

    def follows(self) -> list[Event]:
        """React to all there is; what follows, but for where cards are put."""
        before = self.ledger.head()
        self.reactor.catch_up()
        return [past.event for past in self.log(before) if past.event.TOPIC != "task.moved"]

    def log(self, after: int = 0, *topics: str) -> list[Recorded]:
        return [decode(row) for row in self.ledger.read(after, topics=topics)]

    def state(self, id: str) -> str:
        """What the task is called as it stands."""
        return self.ledger.get(Task, id).state


def assign(agent_id: str) -> Command:
    return lambda task: task.assign(agent_id=agent_id)


def depend_on(*others: str) -> Command:
    return lambda task: [task.add_dependency(depends_on_task_id=other) for other in others]


def finish(task: Any) -> None:
    task.finish_work(turn_count=1, approval="none")


def queue(task: Any) -> None:
    task.queue()


def crash(run: Any) -> None:
    run.fail(cause="crash", error="Killed.")


def topics(events: Sequence[Event]) -> list[str]:
    return [event.TOPIC for event in events]
