"""What tasks take, give back and rely on across aggregates, as the store settles it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from workledger.domain.agent import Agent, AgentAlreadyRunning, AgentNotFound, ConcurrencyLimitExceeded
from workledger.domain.agent_run import AgentRun
from workledger.domain.dependencies import DependencyCycle
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services import runs
from workledger.domain.task import Task
from workledger.domain.task.events import QUEUE_CAPACITY
from workledger.domain.task.refusals import (
    QueueFull,
    TaskAlreadyAssigned,
    TaskBlockedByDependency,
    TaskNotFound,
)

Command = Callable[[Task], Any]


@pytest.fixture
def project(ledger: Ledger) -> Project:
    return ledger.create(Project.create(name="Parser", max_concurrent_agents=2))


def begin(ledger: Ledger, id: str, **details: Any) -> Task:
    return ledger.create(Task.create(title=id, id=id, **details))


def do(ledger: Ledger, id: str, *commands: Command) -> None:
    with ledger.edit(Task, id) as task:
        for command in commands:
            command(task)


@contextmanager
def refused(why: type[Refused], **details: str) -> Iterator[None]:
    with pytest.raises(why) as refusal:
        yield
    assert refusal.value.details.items() >= details.items()


def depend_on(*others: str) -> Command:
    return lambda task: [task.add_dependency(depends_on_task_id=other) for other in others]


def assign(agent_id: str) -> Command:
    return lambda task: task.assign(agent_id=agent_id)


def finish(task: Task) -> None:
    task.finish_work(turn_count=1, approval="none")


def queue(task: Task) -> None:
    task.queue()


def hire(ledger: Ledger, name: str, project_id: str | None = None) -> str:
    return ledger.create(Agent.create(name=name, id=name, project_id=project_id)).id


# What exists


def test_a_task_needs_its_project(ledger: Ledger, project: Project) -> None:
    with refused(ProjectNotFound):
        begin(ledger, "parse", project_id="prj_0")
    begin(ledger, "parse", project_id=project.id)


def test_a_task_needs_the_task_it_is_a_part_of(ledger: Ledger) -> None:
    with refused(TaskNotFound):
        begin(ledger, "lex", parent_task_id="parse")
    begin(ledger, "parse")
    begin(ledger, "lex", parent_task_id="parse")


@pytest.mark.parametrize("command", [queue, lambda task: task.change_details(title="Lex")], ids=["queue", "change"])
def test_without_its_project_or_parent_a_task_is_no_more(ledger: Ledger, project: Project, command: Command) -> None:
    """domain.md 3.5, rule 4"""
    begin(ledger, "parse")
    begin(ledger, "lex", parent_task_id="parse")
    begin(ledger, "print", project_id=project.id)
    do(ledger, "parse", lambda task: task.delete())
    with ledger.edit(Project, project.id) as edited:
        edited.delete()
    with refused(TaskNotFound):
        do(ledger, "lex", command)
    with refused(ProjectNotFound):
        do(ledger, "print", command)


def test_the_subtree_of_a_deleted_task_goes_with_it(ledger: Ledger) -> None:
    """C6: each with its own event, so that nothing waits for what is gone."""
    begin(ledger, "parse")
    begin(ledger, "lex", parent_task_id="parse")
    begin(ledger, "scan", parent_task_id="lex")
    begin(ledger, "report")
    do(ledger, "report", lambda task: task.add_dependency(depends_on_task_id="scan"))
    do(ledger, "parse", lambda task: task.delete())
    for gone in ("lex", "scan"):
        assert ledger.history(Task, gone)[-1].event.TOPIC == "task.deleted"
        with refused(TaskNotFound):
            do(ledger, gone, queue)
    do(ledger, "report", queue)


def test_a_subtask_with_a_live_run_keeps_its_tree(ledger: Ledger) -> None:
    """domain.md 3.5, rule 9"""
    begin(ledger, "parse")
    begin(ledger, "lex", parent_task_id="parse")
    do(ledger, "lex", queue)
    ledger.create(Agent.create(id="ann", name="ann"))
    with ledger.unit() as unit:
        unit.edit(Task, "lex").assign(agent_id="ann")
        runs.start_run(unit, agent_id="ann", task_id="lex")
    with refused(TaskAlreadyAssigned):
        do(ledger, "parse", lambda task: task.delete())
    assert ledger.find(Task, "parse")


def test_an_id_is_never_used_again(ledger: Ledger) -> None:
    """domain.md 3.5, rule 1"""
    begin(ledger, "parse")
    do(ledger, "parse", lambda task: task.delete())
    with refused(ConcurrencyConflict):
        begin(ledger, "parse")
    with refused(TaskNotFound):
        do(ledger, "parse", queue)
    assert [one.event.TOPIC for one in ledger.history(Task, "parse")] == ["task.created", "task.deleted"]


# Dependencies


def test_a_task_depends_on_tasks_that_exist(ledger: Ledger) -> None:
    begin(ledger, "parse")
    with refused(TaskNotFound):
        do(ledger, "parse", depend_on("lex"))


def test_two_tasks_do_not_wait_for_each_other(ledger: Ledger) -> None:
    """C4, X14"""
    begin(ledger, "parse")
    begin(ledger, "lex")
    do(ledger, "parse", depend_on("lex"))
    with refused(DependencyCycle, task_id="lex", depends_on_task_id="parse"):
        do(ledger, "lex", depend_on("parse"))


def test_no_task_waits_for_itself_the_long_way_round(ledger: Ledger) -> None:
    """C4, X14"""
    for id in "abcd":
        begin(ledger, id)
    do(ledger, "a", depend_on("b"))
    do(ledger, "b", depend_on("d", "c"))
    do(ledger, "c", depend_on("d"))
    with refused(DependencyCycle):
        do(ledger, "d", depend_on("a"))
    do(ledger, "a", depend_on("d"))


def test_a_way_round_that_was_removed_is_none(ledger: Ledger) -> None:
    for id in "abc":
        begin(ledger, id)
    do(ledger, "a", depend_on("b"))
    do(ledger, "b", depend_on("c"))
    do(ledger, "a", lambda task: task.remove_dependency(depends_on_task_id="b"))
    do(ledger, "c", depend_on("a"))


def test_a_deleted_task_is_no_way_round(ledger: Ledger) -> None:
    """Deleting a task deletes its edges (domain.md 2.1)."""
    for id in "abc":
        begin(ledger, id)
    do(ledger, "a", depend_on("b"))
    do(ledger, "b", depend_on("c"))
    do(ledger, "b", lambda task: task.delete())
    do(ledger, "c", depend_on("a"))


def test_of_two_who_close_a_circle_at_once_one_is_refused(ledger: Ledger) -> None:
    """X14: what was looked at is pinned."""
    begin(ledger, "parse")
    begin(ledger, "lex")
    with refused(DependencyCycle), ledger.unit() as unit:
        unit.edit(Task, "parse").add_dependency(depends_on_task_id="lex")
        do(ledger, "lex", depend_on("parse"))
    assert ledger.get(Task, "lex").depends_on == ("parse",)
    assert ledger.get(Task, "parse").depends_on == ()


@pytest.fixture
def waiting(ledger: Ledger) -> None:
    """`parse` depends on `lex` and `read`."""
    for id in ("parse", "lex", "read"):
        begin(ledger, id)
    do(ledger, "parse", depend_on("lex", "read"))
    hire(ledger, "ann")


@pytest.mark.usefixtures("waiting")
class TestATaskThatDependsOnTwo:
    def test_it_starts_when_both_are_done(self, ledger: Ledger) -> None:
        for open_one in ("lex", "read"):
            with refused(TaskBlockedByDependency):
                do(ledger, "parse", assign("ann"))
            do(ledger, open_one, assign("ann"), finish)
        do(ledger, "parse", assign("ann"))

    def test_it_is_queued_when_both_are_done_or_anyway(self, ledger: Ledger) -> None:
        do(ledger, "lex", assign("ann"), finish)
        with refused(TaskBlockedByDependency):
            do(ledger, "parse", queue)
        do(ledger, "parse", lambda task: task.queue(anyway=True))
        with refused(TaskBlockedByDependency):
            do(ledger, "parse", assign("ann"))

    def test_deleting_what_it_waits_for_is_enough(self, ledger: Ledger) -> None:
        """domain.md 10.3"""
        do(ledger, "lex", lambda task: task.delete())
        do(ledger, "read", lambda task: task.delete())
        do(ledger, "parse", assign("ann"))

    def test_dropping_what_it_waits_for_is_not(self, ledger: Ledger) -> None:
        """domain.md 10.3"""
        do(ledger, "lex", lambda task: task.delete())
        do(ledger, "read", lambda task: task.cancel(to="dropped"))
        with refused(TaskBlockedByDependency):
            do(ledger, "parse", assign("ann"))

    def test_it_waits_again_for_what_is_reopened(self, ledger: Ledger) -> None:
        do(ledger, "lex", assign("ann"), finish)
        do(ledger, "read", assign("ann"), finish, lambda task: task.reopen(reason="It does not read."))
        with refused(TaskBlockedByDependency):
            do(ledger, "parse", assign("ann"))

    def test_one_that_is_blocked_for_it_is_tried_again_when_both_are_done(self, ledger: Ledger) -> None:
        do(ledger, "parse", lambda task: task.block(reason="dependency"))
        with refused(TaskBlockedByDependency):
            do(ledger, "parse", lambda task: task.retry())
        for open_one in ("lex", "read"):
            do(ledger, open_one, assign("ann"), finish)
        do(ledger, "parse", lambda task: task.retry())

    def test_a_crash_queues_it_whatever_it_has_come_to_depend_on(self, ledger: Ledger) -> None:
        begin(ledger, "print")
        do(ledger, "print", assign("ann"), depend_on("lex"), lambda task: task.schedule_retry(run_id="run_1"))
        assert ledger.get(Task, "print").queued


# The queue


@pytest.fixture
def full_queue(ledger: Ledger, project: Project) -> Project:
    with ledger.unit() as unit:
        for n in range(QUEUE_CAPACITY):
            unit.create(Task.create(title="Queued", id=f"q{n}", project_id=project.id))
            unit.edit(Task, f"q{n}").queue()
    return project


def test_fifty_tasks_of_a_project_are_queued_and_no_more(ledger: Ledger, full_queue: Project) -> None:
    """A2: the queue of domain.md 5.1."""
    begin(ledger, "late", project_id=full_queue.id)
    with refused(QueueFull):
        do(ledger, "late", queue)
    other = ledger.create(Project.create(name="Lexer"))
    begin(ledger, "elsewhere", project_id=other.id)
    begin(ledger, "nowhere")
    do(ledger, "elsewhere", queue)
    do(ledger, "nowhere", queue)


def test_tasks_of_no_project_share_no_limit(ledger: Ledger) -> None:
    """The limit is a project's (domain.md 2.1); what belongs to none has no queue in common."""
    with ledger.unit() as unit:
        for n in range(QUEUE_CAPACITY + 1):
            unit.create(Task.create(title="Queued", id=f"q{n}"))
            unit.edit(Task, f"q{n}").queue()
    assert ledger.get(Task, f"q{QUEUE_CAPACITY}").queued


@pytest.mark.parametrize(
    "leave",
    [
        lambda task: task.dequeue(),
        lambda task: task.assign(agent_id="ann"),
        lambda task: task.cancel(),
        lambda task: task.block(reason="dependency"),
        lambda task: task.delete(),
    ],
    ids=["dequeue", "assign", "cancel", "block", "delete"],
)
def test_a_task_that_leaves_the_queue_makes_room(ledger: Ledger, full_queue: Project, leave: Command) -> None:
    hire(ledger, "ann")
    begin(ledger, "late", project_id=full_queue.id)
    do(ledger, "q7", leave)
    do(ledger, "late", queue)


# Agents


def test_a_task_is_given_to_an_agent_that_exists(ledger: Ledger) -> None:
    begin(ledger, "parse")
    with refused(AgentNotFound):
        do(ledger, "parse", assign("ann"))
    hire(ledger, "ann")
    with ledger.edit(Agent, "ann") as agent:
        agent.delete()
    with refused(AgentNotFound):
        do(ledger, "parse", assign("ann"))


def start(ledger: Ledger, agent_id: str, **details: Any) -> AgentRun:
    with ledger.unit() as unit:
        return runs.start_run(unit, agent_id=agent_id, **details)


def stop(ledger: Ledger, run: AgentRun) -> None:
    with ledger.edit(AgentRun, run.id) as edited:
        edited.stop()


def test_a_task_is_given_to_an_agent_that_is_idle(ledger: Ledger) -> None:
    hire(ledger, "ann")
    begin(ledger, "parse")
    run = start(ledger, "ann")
    with refused(AgentAlreadyRunning):
        do(ledger, "parse", assign("ann"))
    stop(ledger, run)
    do(ledger, "parse", assign("ann"))


def test_a_task_is_given_to_an_agent_while_the_project_has_room(ledger: Ledger, project: Project) -> None:
    for name in ("ann", "bob", "cid"):
        hire(ledger, name, project.id)
    begin(ledger, "parse", project_id=project.id)
    run, _ = start(ledger, "ann"), start(ledger, "bob")
    with refused(ConcurrencyLimitExceeded):
        do(ledger, "parse", assign("cid"))
    stop(ledger, run)
    do(ledger, "parse", assign("cid"))


def test_a_task_is_given_to_an_agent_and_its_run_begins_in_one_unit(ledger: Ledger, project: Project) -> None:
    """X12"""
    hire(ledger, "ann", project.id)
    begin(ledger, "parse", project_id=project.id)
    with ledger.unit() as unit:
        unit.edit(Task, "parse").assign(agent_id="ann", agent_run_id="run_1")
        runs.start_run(unit, agent_id="ann", id="run_1", task_id="parse")
    assert ledger.get(Task, "parse").agent_run_id == "run_1"


def test_a_task_with_a_live_run_is_not_deleted(ledger: Ledger) -> None:
    """domain.md 3.5, rule 9"""
    hire(ledger, "ann")
    begin(ledger, "parse")
    run = start(ledger, "ann", task_id="parse")
    with refused(TaskAlreadyAssigned):
        do(ledger, "parse", lambda task: task.delete())
    stop(ledger, run)
    do(ledger, "parse", lambda task: task.delete())
