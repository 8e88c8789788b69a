"""What follows when a project is deleted: all that it leaves behind is ended (domain.md 3.5, rule 3)."""

import pytest

from support.policy_desk import Desk, assign, crash, depend_on
from workledger import Workledger
from workledger.domain.agent import Agent, AgentDeleted
from workledger.domain.errand import Errand, ErrandDeleted
from workledger.domain.initiative import Initiative, InitiativeProjectUnlinked
from workledger.domain.phase import Phase
from workledger.domain.policies import CASCADE_PROJECT, UNBLOCK_DEPENDENTS
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.runs import start_run
from workledger.domain.session import Session
from workledger.domain.session.events import SessionClosed
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskDependencyRemoved
from workledger.domain.task.events import TaskDeleted, TaskUnblocked
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import WorktreeRemoved

CLOSED = SessionClosed(status="closed", reason="project_deleted")
REMOVED = WorktreeRemoved(branch_pruned=False, reason="project_deleted")


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    """A project beside another."""
    desk = Desk(memory_ledger, CASCADE_PROJECT, UNBLOCK_DEPENDENTS)
    desk.ledger.create(Project.create(id="q", name="Mill"))
    return desk


def delete(project: Project) -> None:
    project.delete()


def test_its_agents_are_deleted_and_their_names_free(desk: Desk) -> None:
    desk.hire("bob")
    desk.hire("eve", project_id="q")
    desk.project(delete)
    assert desk.follows() == [AgentDeleted(name="ann"), AgentDeleted(name="bob")]
    assert desk.ledger.store.holders("agent_name:p:ann") == []
    assert desk.ledger.find(Agent, "eve") is not None


def test_its_sessions_are_closed_however_far_they_are(desk: Desk) -> None:
    """An ordinary close is refused while a session is initializing."""
    for id in ("new", "active", "closed"):
        desk.ledger.create(Session.create(id=id, project_id="p", url=f"https://{id}"))
        if id != "new":
            with desk.ledger.edit(Session, id) as session:
                session.activate()
    with desk.ledger.edit(Session, "closed") as session:
        session.close()
    desk.project(delete)
    assert desk.follows()[:2] == [CLOSED, CLOSED]
    assert [desk.ledger.get(Session, id).status for id in ("new", "active", "closed")] == ["closed"] * 3
    desk.ledger.create(Session.create(project_id="q", url="https://new"))


def test_its_worktrees_are_removed_however_far_they_are(desk: Desk) -> None:
    for id in ("creating", "dirty", "removed"):
        desk.ledger.create(Worktree.create(id=id, project_id="p", branch=id, path=f"/{id}"))
        if id != "creating":
            with desk.ledger.edit(Worktree, id) as worktree:
                worktree.check_out()
                worktree.initialize()
                worktree.report_change(files=("a.py",))
    with desk.ledger.edit(Worktree, "removed") as worktree:
        worktree.remove(force=True)
        worktree.complete_removal()
    desk.project(delete)
    assert desk.follows()[:2] == [REMOVED, REMOVED]
    assert desk.ledger.store.holders("worktree_branch:p:dirty") == []


def test_its_errands_are_deleted_however_far_they_are(desk: Desk) -> None:
    """domain.md 3.5, rule 3: each has a branch and a process outside."""
    for id in ("active", "merged", "gone"):
        desk.ledger.create(Errand.create(id=id, description="Fix it", branch=id, project_id="p"))
    desk.ledger.create(Errand.create(id="elsewhere", description="Fix it", branch="b", project_id="q"))
    with desk.ledger.edit(Errand, "merged") as errand:
        errand.submit_for_review()
        errand.merge()
    with desk.ledger.edit(Errand, "gone") as errand:
        errand.delete()
    desk.project(delete)
    assert desk.follows()[:2] == [ErrandDeleted(branch="active"), ErrandDeleted(branch="merged")]
    assert [desk.ledger.find(Errand, id) is None for id in ("active", "merged", "elsewhere")] == [True, True, False]


def test_a_task_elsewhere_that_waits_for_one_of_its_tasks_is_free(desk: Desk) -> None:
    """It would wait for ever: the tasks of a deleted project have no end of their own (domain.md 3.5)."""
    desk.card("lex")
    desk.card("parse", depend_on("lex"))
    desk.card("print", depend_on("lex", "parse"), lambda task: task.block(reason="dependency"), project_id="q")
    desk.project(delete)
    assert desk.follows() == [
        TaskDependencyRemoved(depends_on_task_id="lex", reason="project_deleted"),
        TaskDependencyRemoved(depends_on_task_id="parse", reason="project_deleted"),
        AgentDeleted(name="ann"),
        TaskUnblocked(cause="dependency", status="pending"),
    ]
    desk.hire("eve", project_id="q")
    desk.task("print", assign("eve"))


def test_what_was_done_there_stays_a_dependency(desk: Desk) -> None:
    desk.card("lex", assign("ann"), lambda task: task.finish_work(turn_count=1, approval="none"))
    desk.card("print", depend_on("lex"), project_id="q")
    desk.project(delete)
    assert desk.follows() == [AgentDeleted(name="ann")]


def test_a_task_that_waits_in_another_deleted_project_is_left_alone(desk: Desk) -> None:
    desk.card("lex")
    desk.card("print", depend_on("lex"), project_id="q")
    for id in ("p", "q"):
        with desk.ledger.edit(Project, id) as project:
            project.delete()
    assert desk.follows() == [AgentDeleted(name="ann")]
    with pytest.raises(ProjectNotFound):
        desk.task("print", lambda task: task.change_details(title="Print"))


def test_an_agent_that_runs_elsewhere_is_deleted_when_that_is_over(desk: Desk) -> None:
    desk.hire("bob")
    with desk.ledger.unit() as unit:
        start_run(unit, id="r1", agent_id="ann", project_id="q")
    desk.project(delete)
    assert desk.follows() == []
    assert desk.reactor.checkpoints()[CASCADE_PROJECT].dead_letters == 1
    desk.run("r1", crash)
    assert desk.reactor.retry(CASCADE_PROJECT).left == 0
    assert [desk.ledger.find(Agent, id) for id in ("ann", "bob")] == [None, None]


def test_one_that_has_one_id_for_everything_loses_everything(desk: Desk) -> None:
    desk.hire("x")
    desk.ledger.create(Session.create(id="x", project_id="p"))
    desk.ledger.create(Worktree.create(id="x", project_id="p", branch="x", path="/x"))
    desk.ledger.create(Errand.create(id="x", project_id="p", branch="x", description="Fix it"))
    desk.project(delete)
    gone = ErrandDeleted(branch="x")
    assert desk.follows() == [CLOSED, REMOVED, gone, AgentDeleted(name="ann"), AgentDeleted(name="x")]


def test_its_initiatives_are_unlinked_and_say_why(desk: Desk) -> None:
    for id in ("i", "j"):
        desk.ledger.create(Initiative.create(id=id, name=id, project_ids=("p", "q")))
    with desk.ledger.edit(Initiative, "j") as initiative:
        initiative.set_projects(project_ids=("q",))
    desk.project(delete)
    assert desk.follows()[0] == InitiativeProjectUnlinked(project_id="p", reason="project_deleted")
    assert [desk.ledger.get(Initiative, id).project_ids for id in ("i", "j")] == [("q",), ("q",)]
    assert desk.ledger.holders("initiatives_of_project:p") == []


def test_a_phase_does_not_wait_for_its_tasks(desk: Desk) -> None:
    """They are in a plan that lives on, so they are deleted by events of their own."""
    desk.ledger.create(Initiative.create(id="i", name="Sign in", execution_mode="yolo"))
    desk.ledger.create(Phase.create(id="a", initiative_id="i", name="Parser"))
    desk.card("lex", phase_id="a")
    desk.card("parse", initiative_id="i")
    desk.card("print")
    with desk.ledger.edit(Phase, "a") as phase:
        phase.approve()
        phase.start()
    desk.project(delete)
    deleted = [event for event in desk.follows() if isinstance(event, TaskDeleted)]
    assert [event.title for event in deleted] == ["lex", "parse"]
    assert desk.ledger.find(Task, "lex") is None
    with desk.ledger.edit(Phase, "a") as phase:
        phase.merge()
