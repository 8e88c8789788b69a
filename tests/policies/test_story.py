"""All policies together, on each database: a day at the desk, from a queue to a project that is deleted."""

from support.policy_desk import Desk, crash, depend_on, queue
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.policies import DISPATCH_NEXT, POLICIES
from workledger.domain.project import Project
from workledger.domain.session import Session
from workledger.domain.task import Task
from workledger.domain.worktree import Worktree
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS


def test_work_goes_on_by_itself(database_ledger: Workledger) -> None:
    desk = Desk(database_ledger, *POLICIES, DISPATCH_NEXT)
    desk.ledger.create(Project.create(id="q", name="Mill"))
    desk.hire("eve", project_id="q")
    desk.ledger.create(Session.create(id="s", project_id="p"))
    desk.card("lex", queue)
    desk.ledger.create(Worktree.create(id="w", project_id="p", task_id="lex", branch="lex", path="/w"))
    desk.card("parse", queue, depend_on("lex"), lambda task: task.block(reason="dependency"))
    desk.card("print", queue, depend_on("parse"), lambda task: task.block(reason="dependency"), project_id="q")

    desk.follows()
    assert (desk.state("lex"), desk.state("parse")) == ("working", "waiting")
    desk.run(run_of(desk, "lex"), crash)
    desk.follows()
    assert (desk.state("lex"), desk.ledger.get(Task, "lex").retry_count) == ("working", 1)
    desk.run(run_of(desk, "lex"), lambda run: run.complete(result={"summary": "Lexed.", "files_changed": 2}))
    desk.follows()
    assert desk.state("lex") == "in_review"
    desk.task("lex", lambda task: task.approve())
    desk.follows()
    assert (desk.state("parse"), desk.ledger.get(Task, "parse").agent_id) == ("working", "ann")

    desk.run(run_of(desk, "parse"), lambda run: run.fail(cause="spawn_error", error="No such program."))
    desk.follows()
    assert desk.state("parse") == "stuck"
    desk.project(lambda project: project.delete())
    desk.follows()
    assert (desk.state("print"), desk.ledger.get(Task, "print").agent_id) == ("working", "eve")
    assert desk.ledger.find(Agent, "ann") is None
    assert desk.ledger.get(Session, "s").status == "closed"
    assert desk.ledger.get(Worktree, "w").status == "removed"
    assert desk.follows() == []
    assert not any(at.dead_letters for at in desk.reactor.checkpoints().values())

    desk.ledger.catch_up()
    for group in GROUPS:
        assert verify(desk.ledger.store, desk.ledger.tables, group).differences == []


def run_of(desk: Desk, task_id: str) -> str:
    return desk.ledger.get(Task, task_id).agent_run_id or ""
