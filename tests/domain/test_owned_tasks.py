"""A run works on its agent's own task: starts, resumptions and failures never leave a task without an owner
(domain.md 2.1 and 2.2)."""

from typing import Any

import pytest

from workledger.domain.agent import Agent, AgentAlreadyRunning
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectHasRunningAgents
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.task import Task
from workledger.domain.task.refusals import (
    TaskAlreadyAssigned,
    TaskBlockedByDependency,
    TaskInvalidTransition,
    TaskOfAnotherProject,
)


@pytest.fixture(autouse=True)
def office(ledger: Ledger) -> None:
    ledger.create(Project.create(id="p", name="Bakery"))
    for name in ("ann", "bob"):
        ledger.create(Agent.create(id=name, name=name, project_id="p"))
    ledger.create(Task.create(id="t", title="Bake", project_id="p"))


def start(ledger: Ledger, id: str = "r", agent_id: str = "ann", **details: Any) -> None:
    with ledger.unit() as unit:
        start_run(unit, **{"id": id, "agent_id": agent_id, "task_id": "t", **details})


def resume(ledger: Ledger) -> None:
    with ledger.unit() as unit:
        resume_run(unit, "r", new_process=True)


def crash(ledger: Ledger) -> None:
    with ledger.edit(AgentRun, "r") as run:
        run.report_process(provider_session_id="claude-1")
        run.fail(cause="crash", error="Killed.")


def tell(ledger: Ledger, *commands: tuple[str, dict[str, Any]]) -> None:
    with ledger.edit(Task, "t") as task:
        for name, arguments in commands:
            getattr(task, name)(**arguments)


ASSIGN_BOB = ("assign", {"agent_id": "bob"})
FINISH = ("finish_work", {"approval": "none"})
SUBMIT = ("finish_work", {"files_changed": 1})
CANCEL: tuple[str, dict[str, Any]] = ("cancel", {})
DROP = ("cancel", {"to": "dropped"})
RETRY = ("schedule_retry", {"run_id": "r"})
BLOCK = ("block", {"reason": "manual"})


@pytest.mark.parametrize("queued", [False, True])
def test_starting_on_a_task_in_the_backlog_assigns_it(ledger: Ledger, queued: bool) -> None:
    if queued:
        tell(ledger, ("queue", {}))
    start(ledger, session_id="s")
    task = ledger.get(Task, "t")
    assert (task.state, task.agent_id, task.agent_run_id, task.session_id) == ("working", "ann", "r", "s")


def test_an_agent_starts_again_on_its_own_task(ledger: Ledger) -> None:
    start(ledger)
    with ledger.edit(AgentRun, "r") as run:
        run.complete()
    start(ledger, "r2")
    tell(ledger, BLOCK)
    with ledger.edit(AgentRun, "r2") as run:
        run.fail(cause="execution_error", error="No.")
    start(ledger, "r3")
    assert ledger.get(Task, "t").state == "working"


@pytest.mark.parametrize(
    ("commands", "refusal"),
    [
        ((ASSIGN_BOB,), TaskAlreadyAssigned),
        ((ASSIGN_BOB, BLOCK), TaskInvalidTransition),
        ((("assign", {"agent_id": "ann"}), SUBMIT), TaskInvalidTransition),
        ((("assign", {"agent_id": "ann"}), FINISH), TaskInvalidTransition),
        ((DROP,), TaskInvalidTransition),
        ((("block", {"reason": "dependency"}),), TaskBlockedByDependency),
    ],
    ids=["another's", "another's, stuck", "in review", "done", "dropped", "waiting"],
)
def test_no_run_starts_on_a_task_that_is_not_the_agents_to_do(
    ledger: Ledger, commands: tuple[tuple[str, dict[str, Any]], ...], refusal: type[Refused]
) -> None:
    tell(ledger, *commands)
    head = ledger.head()
    with pytest.raises(refusal):
        start(ledger)
    assert ledger.head() == head


def test_no_run_starts_on_a_task_that_waits_for_another(ledger: Ledger) -> None:
    ledger.create(Task.create(id="first", title="Buy flour", project_id="p"))
    tell(ledger, ("add_dependency", {"depends_on_task_id": "first"}))
    with pytest.raises(TaskBlockedByDependency):
        start(ledger)


def test_a_run_is_in_the_project_of_its_task(ledger: Ledger) -> None:
    """Otherwise that project could be deleted under it (domain.md 3.5, rule 9)."""
    ledger.create(Project.create(id="q", name="Butcher"))
    ledger.create(Agent.create(id="cid", name="cid", project_id="q"))
    with pytest.raises(TaskOfAnotherProject) as refused:
        start(ledger, agent_id="cid")
    assert str(refused.value) == "This task belongs to the project p; a run of it belongs there too."
    start(ledger, agent_id="cid", project_id="p")
    with pytest.raises(ProjectHasRunningAgents), ledger.edit(Project, "p") as project:
        project.delete()


def test_an_agent_of_no_project_runs_in_that_of_its_task(ledger: Ledger) -> None:
    ledger.create(Agent.create(id="dora", name="dora"))
    start(ledger, agent_id="dora")
    assert ledger.get(AgentRun, "r").project_id == "p"


@pytest.mark.parametrize("given_back", [RETRY, CANCEL], ids=["queued again", "cancelled"])
def test_resuming_after_the_task_was_given_back_assigns_it_again(
    ledger: Ledger, given_back: tuple[str, dict[str, Any]]
) -> None:
    start(ledger)
    crash(ledger)
    tell(ledger, given_back)
    resume(ledger)
    task = ledger.get(Task, "t")
    assert (task.state, task.agent_id, task.agent_run_id) == ("working", "ann", "r")
    with pytest.raises(TaskAlreadyAssigned):
        tell(ledger, CANCEL, ASSIGN_BOB)


def test_resuming_unblocks_the_agents_own_task(ledger: Ledger) -> None:
    start(ledger)
    crash(ledger)
    tell(ledger, BLOCK)
    resume(ledger)
    assert ledger.get(Task, "t").state == "working"


@pytest.mark.parametrize(
    ("commands", "refusal"),
    [
        ((RETRY, ASSIGN_BOB), TaskAlreadyAssigned),
        ((FINISH,), TaskInvalidTransition),
        ((SUBMIT,), TaskInvalidTransition),
        ((DROP,), TaskInvalidTransition),
    ],
    ids=["another's", "done", "in review", "dropped"],
)
def test_a_run_whose_task_is_not_its_own_any_more_is_not_resumed(
    ledger: Ledger, commands: tuple[tuple[str, dict[str, Any]], ...], refusal: type[Refused]
) -> None:
    start(ledger)
    crash(ledger)
    tell(ledger, *commands)
    head = ledger.head()
    with pytest.raises(refusal):
        resume(ledger)
    assert ledger.head() == head


def test_a_paused_run_whose_task_was_taken_away_is_not_resumed(ledger: Ledger) -> None:
    start(ledger)
    with ledger.edit(AgentRun, "r") as run:
        run.report_output()
        run.pause()
    tell(ledger, CANCEL)
    with pytest.raises(TaskInvalidTransition), ledger.unit() as unit:
        resume_run(unit, "r", new_process=False)


def test_a_task_with_a_live_run_is_given_to_nobody_else(ledger: Ledger) -> None:
    start(ledger)
    tell(ledger, CANCEL)
    with pytest.raises(TaskAlreadyAssigned):
        tell(ledger, ASSIGN_BOB)
    with ledger.edit(AgentRun, "r") as run:
        run.stop()
    tell(ledger, ASSIGN_BOB)


def test_an_older_run_is_not_resumed_while_a_newer_one_lives(ledger: Ledger) -> None:
    start(ledger)
    crash(ledger)
    start(ledger, "r2", task_id=None)
    with pytest.raises(AgentAlreadyRunning):
        resume(ledger)


def test_the_rules_bind_the_commands_of_the_aggregate_too(ledger: Ledger) -> None:
    """Not only the service, which assigns the task where it can."""
    with pytest.raises(TaskInvalidTransition):
        ledger.create(AgentRun.start(agent_id="ann", session_number=1, project_id="p", task_id="t"))


def test_imported_runs_are_facts(ledger: Ledger) -> None:
    """Limits bind commands: nobody assigned the task that a transcript is about."""
    new = AgentRun.start(id="r", agent_id="ann", session_number=1, project_id="p", task_id="t")
    with ledger.unit() as unit:
        unit.record(AgentRun, "r", new.events)
    assert ledger.get(AgentRun, "r").task_id == "t"
