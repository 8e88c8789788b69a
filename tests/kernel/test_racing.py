"""Writers that race: every command is applied or refused with its code, none is lost, and limits hold."""

from typing import Any

import pytest

import workledger
from support import writers
from support.racing import at_once
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.dependencies import DependencyCycle
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.unit import Unit
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDetailsChanged

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is made again for as long as others are first, on a slow machine too."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 60.0)


def titles(ledger: Workledger, task_id: str) -> set[str]:
    """The titles that a task was given; versions have no gap."""
    history = ledger.history(Task, task_id)
    assert [past.version for past in history] == list(range(1, len(history) + 1))
    return {past.event.title for past in history if isinstance(past.event, TaskDetailsChanged)}


def test_no_edit_of_sixteen_writers_of_one_task_is_lost(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Share me"))

    def write(writer: int) -> None:
        for number in range(5):
            with ledger.edit(Task, task.id) as draft:
                draft.change_details(title=f"{writer} {number}")

    assert at_once(16, write) == {"done": 16}
    assert titles(ledger, task.id) == {f"{writer} {number}" for writer in range(16) for number in range(5)}


def test_of_sixteen_who_assign_one_task_one_succeeds(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Take me"))
    agents = [ledger.create(Agent.create(name=f"Agent {number}")) for number in range(16)]

    def assign(number: int) -> None:
        with ledger.edit(Task, task.id) as draft:
            draft.assign(agent_id=agents[number].id)

    assert at_once(16, assign) == {"done": 1, "TASK_ALREADY_ASSIGNED": 15}
    assert len(ledger.history(Task, task.id)) == 4


def test_racing_starts_never_exceed_the_concurrency_limit(ledger: Workledger) -> None:
    """A9: limit 3, sixteen starts; domain.md 3.3, X13."""
    project = ledger.create(Project.create(name="Bakery", max_concurrent_agents=3))
    agents = [ledger.create(Agent.create(name=f"Agent {number}", project_id=project.id)) for number in range(16)]

    def start(number: int) -> None:
        with ledger.unit() as unit:
            start_run(unit, agent_id=agents[number].id, id=f"run_{number}")

    assert at_once(16, start) == {"done": 3, "CONCURRENCY_LIMIT_EXCEEDED": 13}
    running = [run for number in range(16) if (run := ledger.find(AgentRun, f"run_{number}"))]
    assert len(running) == 3
    with ledger.edit(AgentRun, running[0].id) as run:
        run.stop()
    waiting = [number for number in range(16) if ledger.find(AgentRun, f"run_{number}") is None]
    assert at_once(13, lambda at: start(waiting[at])) == {"done": 1, "CONCURRENCY_LIMIT_EXCEEDED": 12}


def test_racing_starts_of_one_agent_begin_one_run(ledger: Workledger) -> None:
    """domain.md 3.3, X12."""
    ann = ledger.create(Agent.create(name="Ann"))

    def start(number: int) -> None:
        with ledger.unit() as unit:
            start_run(unit, agent_id=ann.id)

    outcomes = at_once(8, start)
    assert outcomes["done"] == 1
    assert set(outcomes) <= {"done", "AGENT_ALREADY_RUNNING", "CONCURRENCY_CONFLICT"}
    assert ledger.get(Agent, ann.id).session_count == 1


def test_racing_runs_of_one_stage_leave_one(ledger: Workledger) -> None:
    """domain.md 3.3, X9."""
    project = ledger.create(Project.create(name="Bakery"))

    def queue(number: int) -> None:
        ledger.create(StageRun.create(project_id=project.id, stage="build", provider="cli"))

    assert at_once(8, queue) == {"done": 1, "DUPLICATE_REQUEST": 7}


def test_racing_dependencies_never_make_a_cycle(ledger: Workledger) -> None:
    """domain.md 3.3, X14: each alone would be fine; all together would wait for ever."""
    tasks = [ledger.create(Task.create(title=f"Task {number}")) for number in range(6)]

    def depend(number: int) -> None:
        with ledger.edit(Task, tasks[number].id) as draft:
            draft.add_dependency(depends_on_task_id=tasks[(number + 1) % 6].id)

    outcomes = at_once(6, depend)
    assert outcomes == {"done": 5, DependencyCycle.code: 1}


def test_writers_in_two_processes_take_turns(database_url: str) -> None:
    with workledger.open(database_url) as ledger:
        task = ledger.create(Task.create(title="Share me"))
        with (
            writers.running(writers.rename, database_url, task.id, "one", 40) as (one, _),
            writers.running(writers.rename, database_url, task.id, "two", 40) as (two, _),
        ):
            writers.finish(one)
            writers.finish(two)
        assert titles(ledger, task.id) == {f"{name} {number}" for name in ("one", "two") for number in range(40)}


def test_a_writer_who_never_gets_through_gives_up_with_a_conflict(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one writes before each of its attempts."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 0.1)
    with workledger.open(sqlite_url) as slow, workledger.open(sqlite_url) as fast:
        task = slow.create(Task.create(title="0"))
        append = slow.store.insert_events

        def too_late(*events: Any, **conditions: Any) -> Any:
            with fast.edit(Task, task.id) as draft:
                draft.change_details(title=str(draft.version))
            return append(*events, **conditions)

        monkeypatch.setattr(slow.store, "insert_events", too_late)
        with pytest.raises(ConcurrencyConflict), slow.edit(Task, task.id) as draft:
            draft.change_labels(labels=("late",))
        assert fast.get(Task, task.id).labels == ()


def test_a_decision_on_a_missing_aggregate_is_taken_again_when_another_writer_creates_it(ledger: Workledger) -> None:
    """Found missing, a stream is expected to be empty to the end of the decision, or it is decided anew."""
    facts = Task.create(title="Fix the till").events
    seen: list[bool] = []

    def decision(unit: Unit) -> None:
        found = unit.find(Task, "t")
        seen.append(found is not None)
        if len(seen) == 1:
            with ledger.unit() as other:
                other.record(Task, "t", facts)
        if found is None:
            unit.record(Task, "t", facts)

    with ledger.unit() as unit:
        unit.decide(lambda: decision(unit))
    assert seen == [False, True]
    assert [past.version for past in ledger.history(Task, "t")] == [1]
