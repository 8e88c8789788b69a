"""What belongs to a deleted project is gone for everyone, with policies off too (domain.md 3.5, rule 4)."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from support.rows import references_point_to_rows
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunNotFound
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.refusals import NotFound
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.runs import resume_run, start_run, start_tool_call
from workledger.domain.session import Session
from workledger.domain.session.events import SessionNotFound, SessionProjectNotFound
from workledger.domain.session_feed import SessionFeed, publish
from workledger.domain.stage_run import StageRun, StageRunNotFound
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskNotFound
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.worktree import Worktree
from workledger.domain.write_operation import WriteOperation, WriteOperationNotFound

Deed = Callable[[Workledger], object]


def create(new: Callable[[], New[Any]]) -> Deed:
    return lambda ledger: ledger.create(new())


def start(**details: Any) -> Deed:
    def deed(ledger: Workledger) -> None:
        with ledger.unit() as unit:
            start_run(unit, **details)

    return deed


def on_task(command: Callable[[Task], object], id: str = "t") -> Deed:
    def deed(ledger: Workledger) -> None:
        with ledger.edit(Task, id) as task:
            command(task)

    return deed


def resume(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        resume_run(unit, "gone_crashed", new_process=True)


def say(ledger: Workledger) -> None:
    with ledger.unit() as unit:
        publish(unit, session_id="gone_s", channel="chunks", type="text")


WRITE = {"repo_full_name": "r", "base_branch": "main", "write_branch": "w"}
COMMIT: dict[str, Any] = {"project_id": "p", "commit_sha": "abc", "commit_url": "u", "message": "Did it."}
CALLS = {"agent_run_id": "none", "agent_id": "ann"}

REFERRING: dict[str, tuple[Deed, type[NotFound]]] = {
    "Agent.create project_id": (create(lambda: Agent.create(name="bob", project_id="gone")), ProjectNotFound),
    "AgentRun.start agent_id": (start(agent_id="gone_ann"), AgentNotFound),
    "AgentRun.start project_id": (start(agent_id="ann", project_id="gone"), ProjectNotFound),
    "AgentRun.start task_id": (start(agent_id="ann", task_id="gone_t"), TaskNotFound),
    "AgentRun.resume": (resume, ProjectNotFound),
    "CommitRecord.record project_id": (
        create(lambda: CommitRecord.record(**COMMIT | {"project_id": "gone"})),
        ProjectNotFound,
    ),
    "CommitRecord.record stage_run_id": (
        create(lambda: CommitRecord.record(**COMMIT, stage_run_id="gone_stage")),
        StageRunNotFound,
    ),
    "CommitRecord.record write_operation_id": (
        create(lambda: CommitRecord.record(**COMMIT, write_operation_id="gone_op")),
        WriteOperationNotFound,
    ),
    "Session.create project_id": (create(lambda: Session.create(project_id="gone")), SessionProjectNotFound),
    "Session.create task_id": (create(lambda: Session.create(project_id="p", task_id="gone_t")), TaskNotFound),
    "Session.create agent_id": (create(lambda: Session.create(project_id="p", agent_id="gone_ann")), AgentNotFound),
    "SessionFeed.entry session_id": (say, SessionNotFound),
    "StageRun.create project_id": (
        create(lambda: StageRun.create(project_id="gone", stage="prd", provider="cli")),
        ProjectNotFound,
    ),
    "Task.create project_id": (create(lambda: Task.create(title="Bake", project_id="gone")), ProjectNotFound),
    "Task.create parent_task_id": (
        create(lambda: Task.create(title="Bake", project_id="p", parent_task_id="gone_t")),
        TaskNotFound,
    ),
    "Task.add_dependency depends_on_task_id": (
        on_task(lambda task: task.add_dependency(depends_on_task_id="gone_t")),
        TaskNotFound,
    ),
    "Task.assign agent_id": (on_task(lambda task: task.assign(agent_id="gone_ann")), AgentNotFound),
    "ToolCalls.open agent_run_id": (
        create(lambda: ToolCalls.open(agent_run_id="gone_bare", agent_id="ann")),
        AgentRunNotFound,
    ),
    "ToolCalls.open agent_id": (create(lambda: ToolCalls.open(**CALLS | {"agent_id": "gone_ann"})), AgentNotFound),
    "ToolCalls.open project_id": (create(lambda: ToolCalls.open(**CALLS, project_id="gone")), ProjectNotFound),
    "ToolCalls.open task_id": (create(lambda: ToolCalls.open(**CALLS, task_id="gone_t")), TaskNotFound),
    "ToolCalls.start": (
        lambda ledger: start_tool_call(ledger, "gone_r", tool="Read", turn_number=1),
        AgentRunNotFound,
    ),
    "Worktree.create project_id": (
        create(lambda: Worktree.create(project_id="gone", branch="b", path="b")),
        ProjectNotFound,
    ),
    "Worktree.create task_id": (
        create(lambda: Worktree.create(project_id="p", branch="b", path="b", task_id="gone_t")),
        TaskNotFound,
    ),
    "WriteOperation.create project_id": (
        create(lambda: WriteOperation.create(**WRITE, project_id="gone")),
        ProjectNotFound,
    ),
}
"""Each argument of a command that names a thing of a project."""

SOFT = {
    *("Agent.start_session agent_run_id", "AgentRun.start session_id", "AgentRun.start worktree_id"),
    *("Project.change_stage stage_run_id", "ToolCalls.open session_id"),
    *("Task.assign agent_run_id", "Task.assign session_id", "Task.assign worktree_id"),
    "Task.remove_dependency depends_on_task_id",
}
"""Soft references (domain.md 3.5, rule 6): no row depends on what they name."""

THINGS = {
    *("project_id", "task_id", "parent_task_id", "depends_on_task_id", "agent_id", "agent_run_id", "session_id"),
    *("worktree_id", "stage_run_id", "write_operation_id"),
}


@pytest.fixture
def ledger(memory_ledger: Workledger) -> Workledger:
    """Two projects with everything in them, of which `gone` was deleted."""
    ledger = memory_ledger
    for project, prefix in (("p", ""), ("gone", "gone_")):
        ledger.create(Project.create(id=project, name=project, max_concurrent_agents=5))
        ledger.create(Agent.create(id=f"{prefix}ann", name="ann", project_id=project))
        ledger.create(Task.create(id=f"{prefix}t", title="Bake", project_id=project))
        ledger.create(Session.create(id=f"{prefix}s", project_id=project, task_id=f"{prefix}t"))
        ledger.create(Worktree.create(id=f"{prefix}w", project_id=project, branch="a", path="a", task_id=f"{prefix}t"))
        ledger.create(StageRun.create(id=f"{prefix}stage", project_id=project, stage="build", provider="cli"))
        with ledger.edit(StageRun, f"{prefix}stage") as stage:
            stage.start()
            stage.succeed()
        ledger.create(WriteOperation.create(id=f"{prefix}op", **WRITE, project_id=project))
    ledger.create(AgentRun.start(id="gone_bare", agent_id="gone_ann", session_number=1, project_id="gone"))
    with ledger.edit(AgentRun, "gone_bare") as run:
        run.stop()
    start(id="gone_r", agent_id="gone_ann")(ledger)
    with ledger.edit(AgentRun, "gone_r") as run:
        run.complete()
    start(id="gone_crashed", agent_id="gone_ann")(ledger)
    with ledger.edit(AgentRun, "gone_crashed") as run:
        run.report_process(provider_session_id="claude-1")
        run.fail(cause="crash", error="Killed.")
    with ledger.edit(Project, "gone") as project:
        project.delete()
    return ledger


@pytest.mark.parametrize("name", REFERRING)
def test_nothing_can_refer_to_it(ledger: Workledger, name: str) -> None:
    deed, refusal = REFERRING[name]
    head = ledger.head()
    with pytest.raises(refusal):
        deed(ledger)
    assert ledger.head() == head
    ledger.catch_up()
    references_point_to_rows(ledger)


def test_the_same_is_accepted_of_a_project_that_is_there(ledger: Workledger) -> None:
    """Proves that it is the deletion that is refused."""
    ledger.create(Task.create(id="other", title="Bake", project_id="p", parent_task_id="t"))
    on_task(lambda task: task.add_dependency(depends_on_task_id="other"))(ledger)
    ledger.create(Session.create(project_id="p", task_id="t", agent_id="ann"))
    ledger.create(CommitRecord.record(**COMMIT, stage_run_id="stage", write_operation_id="op"))
    ledger.create(Worktree.create(project_id="p", branch="b", path="b", task_id="t"))
    start(id="r", agent_id="ann", task_id="other")(ledger)
    ledger.catch_up()
    references_point_to_rows(ledger)


def test_every_argument_that_names_a_thing_of_a_project_is_among_them() -> None:
    arguments = set()
    for kind in (Agent, AgentRun, CommitRecord, Project, Session, SessionFeed, StageRun, Task, ToolCalls, Worktree):
        arguments |= set(naming(kind))
    arguments |= set(naming(WriteOperation))
    assert arguments - SOFT <= set(REFERRING)
    assert arguments >= SOFT


def naming(kind: type[Aggregate]) -> list[str]:
    makers = {
        name: getattr(kind, name) for name in ("create", "start", "record", "open", "entry") if hasattr(kind, name)
    }
    commands: dict[str, Any] = {**makers, **kind.commands()}
    return [
        f"{kind.__name__}.{name} {parameter}"
        for name, command in commands.items()
        for parameter in inspect.signature(command).parameters
        if parameter in THINGS
    ]


def test_a_run_of_it_may_still_end(memory_ledger: Workledger) -> None:
    """An agent of the project that runs elsewhere: its run takes no reports any more, but it ends."""
    ledger = memory_ledger
    for id in ("p", "gone"):
        ledger.create(Project.create(id=id, name=id))
    ledger.create(Agent.create(id="ann", name="ann", project_id="gone"))
    start(id="r", agent_id="ann", project_id="p")(ledger)
    with ledger.edit(Project, "gone") as project:
        project.delete()
    with pytest.raises(AgentNotFound), ledger.edit(AgentRun, "r") as run:
        run.report_output()
    with ledger.edit(AgentRun, "r") as run:
        run.stop()
    assert ledger.get(AgentRun, "r").status == "stopped"


def test_what_was_recorded_before_deletions_counted_still_folds(memory_ledger: Workledger) -> None:
    """An older release accepted a dependency on such a task: the log is read as it is."""
    ledger = memory_ledger
    for project in ("p", "gone"):
        ledger.create(Project.create(id=project, name=project))
        ledger.create(Task.create(id=f"t_{project}", title="Bake", project_id=project))
    on_task(lambda task: task.add_dependency(depends_on_task_id="t_gone"), "t_p")(ledger)
    with ledger.edit(Project, "gone") as project_:
        project_.delete()
    assert ledger.get(Task, "t_p").depends_on == ("t_gone",)
    on_task(lambda task: task.change_details(title="Bake on"), "t_p")(ledger)
    on_task(lambda task: task.remove_dependency(depends_on_task_id="t_gone"), "t_p")(ledger)
