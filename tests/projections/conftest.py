"""What tests of read tables are given: a ledger with a bit of everything in it."""

import pytest

from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.project import Project
from workledger.domain.services.commits import commit
from workledger.domain.services.runs import start_run, start_tool_call
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation


@pytest.fixture
def office(database_ledger: Workledger) -> Workledger:
    """Two projects in two workspaces, each with a tree of tasks, an agent, its run, a session and commits."""
    ledger = database_ledger
    for side in ("a", "b"):
        ledger.create(Workspace.create(id=f"ws_{side}", name="Ours"))
        ledger.create(Project.create(id=f"p_{side}", name="Bakery", workspace_id=f"ws_{side}"))
        for id, parent in (("top", None), ("mid", "top"), ("leaf", "mid")):
            above = f"{parent}_{side}" if parent else None
            ledger.create(Task.create(id=f"{id}_{side}", title=id, project_id=f"p_{side}", parent_task_id=above))
        ledger.create(Task.create(id=f"other_{side}", title="Other", project_id=f"p_{side}"))
        with ledger.edit(Task, f"other_{side}") as task:
            task.add_dependency(depends_on_task_id=f"leaf_{side}")
        ledger.create(Agent.create(id=f"ann_{side}", name="Ann", project_id=f"p_{side}"))
        ledger.create(
            Session.create(id=f"s_{side}", project_id=f"p_{side}", task_id=f"leaf_{side}", agent_id=f"ann_{side}")
        )
        with ledger.edit(Session, f"s_{side}") as session:
            session.activate()
            session.join(user_id="ann")
        with ledger.unit() as unit:
            start_run(unit, id=f"run_{side}", agent_id=f"ann_{side}", task_id=f"leaf_{side}", session_id=f"s_{side}")
        start_tool_call(ledger, f"run_{side}", tool="Bash", turn_number=1, tool_call_id="c")
        with ledger.edit(AgentRun, f"run_{side}") as run:
            run.fail(cause="execution_error", error="Boom.")
        with ledger.edit(Task, f"leaf_{side}") as task:
            task.add_dependency(depends_on_task_id=f"mid_{side}")
        ledger.create(StageRun.create(id=f"stage_{side}", project_id=f"p_{side}", stage="build", provider="cli"))
        ledger.create(
            WriteOperation.create(
                id=f"op_{side}", repo_full_name="r", base_branch="main", write_branch="w", project_id=f"p_{side}"
            )
        )
        with ledger.unit() as unit:
            commit(
                unit,
                f"op_{side}",
                commit_sha="abc",
                commit_url="u",
                message="Did it.",
                workspace_id=f"ws_{side}",
                stage_run_id=f"stage_{side}",
            )
    return ledger
