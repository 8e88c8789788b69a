"""What goes with what is deleted, and what is set to null (domain.md 3.5), on each database and in any batch size."""

import pytest

from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectHasRunningAgents
from workledger.domain.services.runs import start_run
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.table import Table
from workledger.projections.groups import GROUPS


@pytest.fixture(params=[1, 3, 5000], ids=lambda batch: f"batch-{batch}")
def batch(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


def delete(ledger: Workledger, batch: int, *things: tuple[type[Aggregate], str]) -> None:
    for kind, id in things:
        with ledger.edit(kind, id) as one:
            one.delete()  # type: ignore[attr-defined]
    Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()


def ids(ledger: Workledger, name: str, column: str = "id", **where: object) -> set[object]:
    """The values of a column, in the rows that have these others."""
    rows = ledger.tables.all(Table.METADATA.tables[name].select())
    return {row[column] for row in rows if all(row[key] == value for key, value in where.items())}


def test_a_project_goes_with_all_that_is_in_it(office: Workledger, batch: int) -> None:
    """A18, E8 and domain.md 3.5: every table that has rows of the project loses them, and no other."""
    delete(office, batch, (Project, "p_a"))
    assert ids(office, "projects") == {"p_b"}
    assert ids(office, "tasks") == {"top_b", "mid_b", "leaf_b", "other_b"}
    assert ids(office, "task_dependencies", "task_id") == {"leaf_b", "other_b"}
    assert ids(office, "task_counts", "project_id") == {"p_b"}
    assert ids(office, "agents") == {"ann_b"}
    assert ids(office, "agent_runs") == {"run_b"}
    assert ids(office, "sessions") == {"s_b"}
    assert ids(office, "session_participants", "session_id") == {"s_b"}
    assert ids(office, "stage_runs") == {"stage_b"}
    assert ids(office, "project_commits", "project_id") == {"p_b"}
    assert ids(office, "tool_calls", "agent_run_id") == {"run_b"}
    assert ids(office, "write_operations", "project_id") == {None, "p_b"}
    assert ids(office, "workspaces") == {"ws_a", "ws_b"}


def test_a_project_with_a_live_run_is_not_deleted(office: Workledger) -> None:
    """A18."""
    with office.unit() as unit:
        run = start_run(unit, agent_id="ann_a")
    with pytest.raises(ProjectHasRunningAgents):
        delete(office, 1, (Project, "p_a"))
    with office.edit(AgentRun, run.id) as ending:
        ending.stop()
    delete(office, 1, (Project, "p_a"))
    assert ids(office, "projects") == {"p_b"}


def test_a_workspace_takes_its_commits_and_leaves_its_projects(office: Workledger, batch: int) -> None:
    """E8."""
    delete(office, batch, (Workspace, "ws_a"))
    assert ids(office, "project_commits", "project_id") == {"p_b"}
    assert ids(office, "projects", "commit_count", id="p_a") == {0}
    assert ids(office, "projects", "commit_count", id="p_b") == {1}
    assert ids(office, "tasks", "project_id") == {"p_a", "p_b"}


def test_a_task_takes_its_subtree_and_its_edges(office: Workledger, batch: int) -> None:
    """C5 and C6: the chain goes on below, and every reference to what is gone is null."""
    delete(office, batch, (Task, "top_a"))
    assert ids(office, "tasks", project_id="p_a") == {"other_a"}
    assert ids(office, "task_dependencies", "task_id") == {"leaf_b", "other_b"}
    assert ids(office, "agent_runs", "task_id") == {None, "leaf_b"}
    assert ids(office, "sessions", "task_id") == {None, "leaf_b"}
    assert ids(office, "tool_calls", "task_id") == {None, "leaf_b"}
    assert ids(office, "task_counts", "count", project_id="p_a", board_column="backlog") == {1}
    assert ids(office, "task_counts", "count", project_id="p_b", board_column="backlog") == {3}
    assert ids(office, "task_counts", "count", project_id="p_b", board_column="in_progress") == {1}


def test_a_task_in_the_middle_leaves_what_is_above_it(office: Workledger, batch: int) -> None:
    """C6."""
    delete(office, batch, (Task, "mid_a"))
    assert ids(office, "tasks", project_id="p_a") == {"top_a", "other_a"}


def test_an_agent_takes_its_runs_and_their_calls(office: Workledger, batch: int) -> None:
    """A12, A18."""
    delete(office, batch, (Agent, "ann_a"))
    assert ids(office, "agents") == {"ann_b"}
    assert ids(office, "agent_runs") == {"run_b"}
    assert ids(office, "tool_calls", "agent_run_id") == {"run_b"}
    assert ids(office, "sessions", "agent_id") == {None, "ann_b"}
    assert ids(office, "sessions") == {"s_a", "s_b"}


@pytest.mark.parametrize("order", ["task first", "agent first"])
def test_the_cascade_wins_over_null_whatever_the_order(office: Workledger, batch: int, order: str) -> None:
    """domain.md 3.5, rule 7."""
    things: list[tuple[type[Aggregate], str]] = [(Task, "leaf_a"), (Agent, "ann_a")]
    delete(office, batch, *(things if order == "task first" else things[::-1]))
    assert ids(office, "tool_calls", "agent_run_id") == {"run_b"}
    assert ids(office, "agent_runs") == {"run_b"}
    assert (ids(office, "sessions", "task_id"), ids(office, "sessions", "agent_id")) == (
        {None, "leaf_b"},
        {None, "ann_b"},
    )


def test_a_commit_outlives_its_stage_run_and_its_write_operation(office: Workledger, batch: int) -> None:
    """E7."""
    delete(office, batch, (StageRun, "stage_a"), (WriteOperation, "op_b"))
    assert ids(office, "project_commits", "project_id") == {"p_a", "p_b"}
    assert ids(office, "project_commits", "stage_run_id") == {None, "stage_b"}
    assert ids(office, "project_commits", "github_write_op_id") == {"op_a", None}


def test_everything_may_go_at_once(office: Workledger, batch: int) -> None:
    delete(office, batch, (Task, "mid_a"), (Agent, "ann_b"), (Project, "p_b"), (Workspace, "ws_b"), (Project, "p_a"))
    for group in GROUPS:
        for table in group.tables:
            left = len(office.tables.all(table.table.select()))
            assert left == {"workspaces": 1, "write_operations": 2, "run_tools": 2}.get(table.NAME, 0), table.NAME


def test_tasks_of_no_project_go_alone(database_ledger: Workledger, batch: int) -> None:
    for id in ("one", "two"):
        database_ledger.create(Task.create(id=id, title=id))
    delete(database_ledger, batch, (Task, "one"))
    assert ids(database_ledger, "tasks") == {"two"}
    assert ids(database_ledger, "task_counts", "count") == set()


def test_the_commit_of_a_write_operation_and_the_operation_carry_each_other(office: Workledger) -> None:
    """E10."""
    office.catch_up()
    record = office.get(CommitRecord, CommitRecord.id_of("p_a", "abc"))
    assert ids(office, "project_commits", "id", github_write_op_id="op_a") == {record.commit_id}
    assert ids(office, "write_operations", "commit_id", id="op_a") == {record.commit_id}
    assert ids(office, "write_operations", "commit_sha", id="op_a") == {"abc"}
