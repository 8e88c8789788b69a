"""Every list: its rows, every filter it declares, every sort, and its detail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.http_client import Doors
from workledger import Workledger
from workledger.api import (
    accounts,
    agent_runs,
    agents,
    commits,
    projects,
    sessions,
    stage_runs,
    tasks,
    tool_calls,
    workspaces,
    write_operations,
)
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.commit import CommitRecord
from workledger.domain.initiative import Initiative
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run, start_tool_call
from workledger.domain.session import Session
from workledger.domain.stage_run import StageRun
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation

LISTINGS = {
    "accounts": accounts.ACCOUNTS,
    "workspaces": workspaces.WORKSPACES,
    "projects": projects.PROJECTS,
    "tasks": tasks.TASKS,
    "agents": agents.AGENTS,
    "agent-runs": agent_runs.RUNS,
    "tool-calls": tool_calls.TOOL_CALLS,
    "sessions": sessions.SESSIONS,
    "commits": commits.COMMITS,
    "stage-runs": stage_runs.STAGE_RUNS,
    "write-operations": write_operations.WRITE_OPERATIONS,
}

PAST = (datetime.now(UTC) - timedelta(days=1)).isoformat()
FUTURE = (datetime.now(UTC) + timedelta(days=1)).isoformat()

EXPECTED: dict[str, dict[str, list[tuple[Any, set[str]]]]] = {
    "workspaces": {"search": [("ACM", {"ws_1"}), ("nothing", set()), ("%", set())]},
    "projects": {
        "search": [("atl", {"prj_1"}), ("second", {"prj_2"}), ("_", set())],
        "status": [("active", {"prj_1"}), ("paused", {"prj_2"}), ("archived", set())],
        "stage": [("inbox", {"prj_1"}), ("prd", {"prj_2"})],
        "workspace_id": [("ws_1", {"prj_1"}), ("ws_2", {"prj_2"})],
    },
    "tasks": {
        "project_id": [("prj_1", {"tsk_1", "tsk_2"}), ("prj_2", {"tsk_3"}), ("prj_9", set())],
        "column": [("backlog", {"tsk_2"}), ("in_progress", {"tsk_1"}), ("verified", set())],
        "agent_id": [("agt_1", {"tsk_1"}), ("agt_2", set())],
        "status": [("pending", {"tsk_2"}), ("in_progress", {"tsk_1"}), ("cancelled", {"tsk_4"})],
        "label": [("red", {"tsk_1"}), ("re", set()), ("blue", {"tsk_1", "tsk_2"})],
        "category": [("plan", {"tsk_2"}), ("execute", {"tsk_1"})],
        "priority": [("high", {"tsk_1"}), ("medium", {"tsk_2"})],
        "queued": [(True, {"tsk_2"}), (False, {"tsk_1"})],
        "initiative_id": [("ini_1", {"tsk_2"}), ("ini_9", set())],
        "phase_id": [("pha_1", {"tsk_2"}), ("pha_9", set())],
        "parent_task_id": [("tsk_1", {"tsk_2"})],
        "search": [
            ("WRITE", {"tsk_1"}),
            ("in detail", {"tsk_2"}),
            ("detail plan", {"tsk_2"}),
            ("detail write", set()),
            ("RED", {"tsk_1"}),
            ("blue", {"tsk_1", "tsk_2"}),
            ("tsk_1", {"tsk_1"}),
            ("sk_1", set()),
            ("[", set()),
        ],
    },
    "agents": {
        "project_id": [("prj_1", {"agt_1", "agt_2"}), ("prj_2", {"agt_3"})],
        "status": [("starting", {"agt_1"}), ("idle", {"agt_2"}), ("completed", {"agt_3"})],
        "type": [("background", {"agt_2"}), ("task", {"agt_1", "agt_3"})],
        "name": [("ann", {"agt_1"})],
        "provider": [("codex", {"agt_3"})],
        "current_task_id": [("tsk_1", {"agt_1"})],
        "account_id": [("acc_1", {"agt_1"}), ("acc_2", {"agt_3"})],
    },
    "accounts": {
        "provider": [("claude", {"acc_1"}), ("codex", {"acc_2"})],
        "is_exhausted": [(True, {"acc_1"}), (False, {"acc_2"})],
        "credentials_status": [("none", {"acc_1"}), ("unchecked", {"acc_2"}), ("valid", set())],
        "email": [("ann@example.com", {"acc_1"})],
    },
    "agent-runs": {
        "agent_id": [("agt_1", {"run_1"}), ("agt_3", {"run_2"})],
        "task_id": [("tsk_1", {"run_1"})],
        "project_id": [("prj_1", {"run_1"}), ("prj_2", {"run_2"})],
        "session_id": [("ses_1", {"run_1"})],
        "provider_session_id": [("uuid-2", {"run_2"})],
        "account_id": [("acc_1", {"run_1"}), ("acc_2", {"run_2"})],
        "status": [("starting", {"run_1"}), ("completed", {"run_2"})],
        "mode": [("plan", {"run_2"})],
    },
    "tool-calls": {
        "agent_id": [("agt_1", {"call_1", "call_2"}), ("agt_3", {"call_3"})],
        "agent_run_id": [("run_1", {"call_1", "call_2"}), ("run_2", {"call_3"})],
        "task_id": [("tsk_1", {"call_1", "call_2"})],
        "project_id": [("prj_1", {"call_1", "call_2"}), ("prj_2", {"call_3"})],
        "tool": [("Read", {"call_1", "call_3"}), ("Bash", {"call_2"})],
        "status": [("complete", {"call_1"}), ("running", {"call_2", "call_3"})],
        "date_from": [(PAST, {"call_1", "call_2", "call_3"}), (FUTURE, set())],
        "date_to": [(PAST, set()), (FUTURE, {"call_1", "call_2", "call_3"})],
    },
    "sessions": {
        "project_id": [("prj_1", {"ses_1"}), ("prj_2", {"ses_2"})],
        "task_id": [("tsk_1", {"ses_1"})],
        "agent_id": [("agt_1", {"ses_1"})],
        "status": [("active", {"ses_1"}), ("closed", {"ses_2"})],
        "is_active": [(True, {"ses_1"}), (False, {"ses_2"})],
        "url": [("/sessions/ses_1", {"ses_1"})],
        "search": [("pair", {"ses_1"})],
        "date_from": [(PAST, {"ses_1", "ses_2"}), (FUTURE, set())],
        "date_to": [(PAST, set()), (FUTURE, {"ses_1", "ses_2"})],
    },
    "commits": {
        "project_id": [("prj_1", {"first", "second"}), ("prj_2", {"third"})],
        "workspace_id": [("ws_1", {"first"})],
        "commit_sha": [("a1", {"first"})],
        "stage_run_id": [("run_stage", {"first"})],
        "github_write_op_id": [("ghop_1", {"second"})],
        "search": [("FIR", {"first"})],
        "date_from": [(PAST, {"first", "second", "third"}), (FUTURE, set())],
        "date_to": [(PAST, set()), (FUTURE, {"first", "second", "third"})],
    },
    "stage-runs": {
        "project_id": [("prj_1", {"run_stage"}), ("prj_2", {"run_other"})],
        "workspace_id": [("ws_1", {"run_stage"})],
        "status": [("queued", {"run_stage"}), ("running", {"run_other"})],
        "stage": [("build", {"run_stage"}), ("prd", {"run_other"})],
    },
    "write-operations": {
        "project_id": [("prj_1", {"ghop_1"})],
        "status": [("prepared", {"ghop_1"}), ("failed", {"ghop_2"})],
        "repo_full_name": [("acme/atlas", {"ghop_1"})],
    },
}


def world(ledger: Workledger) -> None:
    """Some of everything, twice."""
    for n, name in (("1", "Acme"), ("2", "Other")):
        ledger.create(Workspace.create(id=f"ws_{n}", name=name))
    ledger.create(Project.create(id="prj_1", name="Atlas", workspace_id="ws_1"))
    ledger.create(
        Project.create(id="prj_2", name="Borealis", description="the second one", workspace_id="ws_2", stage="prd")
    )
    with ledger.edit(Project, "prj_2") as project:
        project.change_status(status="paused")
    ledger.create(Initiative.create(id="ini_1", name="Sign in"))
    ledger.create(Phase.create(id="pha_1", initiative_id="ini_1", name="Parser"))
    ledger.create(
        Task.create(id="tsk_1", title="Write it", project_id="prj_1", labels=("red", "blue"), priority="high")
    )
    ledger.create(
        Task.create(
            id="tsk_2",
            title="Plan",
            description="In Detail",
            project_id="prj_1",
            labels=("blue",),
            category="plan",
            parent_task_id="tsk_1",
            phase_id="pha_1",
        )
    )
    ledger.create(Task.create(id="tsk_3", title="Elsewhere", project_id="prj_2"))
    ledger.create(Task.create(id="tsk_4", title="Dropped", project_id="prj_1"))
    with ledger.edit(Task, "tsk_4") as dropped:
        dropped.cancel(to="dropped")
    with ledger.edit(Task, "tsk_2") as queued:
        queued.queue()
    ledger.create(Account.create(id="acc_1", email="ann@example.com"))
    ledger.create(Account.create(id="acc_2", email="cid@example.com", provider="codex", credentials_ref="vault:codex"))
    ledger.create(Agent.create(id="agt_1", name="ann", project_id="prj_1"))
    ledger.create(Agent.create(id="agt_2", name="bob", project_id="prj_1", type="background"))
    ledger.create(Agent.create(id="agt_3", name="cid", project_id="prj_2", provider="codex"))
    ledger.create(Session.create(id="ses_1", project_id="prj_1", task_id="tsk_1", agent_id="agt_1", title="Pairing"))
    ledger.create(Session.create(id="ses_2", project_id="prj_2"))
    for session_id in ("ses_1", "ses_2"):
        with ledger.edit(Session, session_id) as session:
            session.activate()
    with ledger.edit(Session, "ses_2") as session:
        session.close()
    with ledger.unit() as unit:
        unit.edit(Task, "tsk_1").assign(agent_id="agt_1", agent_run_id="run_1")
        start_run(unit, id="run_1", agent_id="agt_1", task_id="tsk_1", session_id="ses_1")
    with ledger.unit() as unit:
        run = start_run(unit, id="run_2", agent_id="agt_3", account_id="acc_2", mode="plan")
    with ledger.edit(Account, "acc_1") as account:
        account.mark_exhausted()
    for run_id, tool, call in (("run_1", "Read", "call_1"), ("run_1", "Bash", "call_2"), ("run_2", "Read", "call_3")):
        start_tool_call(ledger, run_id, tool=tool, turn_number=1, tool_call_id=call)
    with ledger.edit(ToolCalls, "run_1") as calls:
        calls.complete(tool_call_id="call_1", output="ok", duration_ms=7)
    with ledger.unit() as unit:
        run = unit.edit(type(run), "run_2")
        run.report_process(provider_session_id="uuid-2")
        run.complete()
    ledger.create(
        StageRun.create(id="run_stage", project_id="prj_1", workspace_id="ws_1", stage="build", provider="cli")
    )
    ledger.create(StageRun.create(id="run_other", project_id="prj_2", stage="prd", provider="cli"))
    with ledger.edit(StageRun, "run_other") as stage_run:
        stage_run.start()
    branches = {"base_branch": "main", "write_branch": "docs"}
    ledger.create(WriteOperation.create(id="ghop_1", repo_full_name="acme/atlas", project_id="prj_1", **branches))
    ledger.create(WriteOperation.create(id="ghop_2", repo_full_name="acme/other", **branches))
    with ledger.edit(WriteOperation, "ghop_2") as operation:
        operation.fail(error="no")
    for project_id, sha, message, more in (
        ("prj_1", "a1", "first", {"workspace_id": "ws_1", "stage_run_id": "run_stage"}),
        ("prj_1", "a2", "second", {"write_operation_id": "ghop_1"}),
        ("prj_2", "a3", "third", {}),
    ):
        ledger.create(
            CommitRecord.record(
                project_id=project_id, commit_sha=sha, commit_url=f"https://x/{sha}", message=message, **more
            )
        )


@pytest.fixture
def full(doors: Doors) -> Doors:
    world(doors.ledger)
    return doors


@pytest.fixture
def every_full(all_doors: Doors) -> Doors:
    """Some of everything on each kind of store."""
    world(all_doors.ledger)
    return all_doors


def names(page: dict[str, Any]) -> set[str]:
    """What the rows of a page are told apart by here."""
    return {row["message"] if "commit_sha" in row and "message" in row else row["id"] for row in page["items"]}


def needed(path: str) -> dict[str, Any]:
    return {"project_id": "prj_1"} if path == "tasks" else {}


def test_every_filter_of_every_list_is_expected_something_of() -> None:
    declared = {path: set(listing.filters) for path, listing in LISTINGS.items()}
    assert declared == {path: set(filters) for path, filters in EXPECTED.items()}


def test_every_filter_leaves_the_rows_that_fit(every_full: Doors) -> None:
    """A14: audit rows filtered by each of the six indexes; and all the other lists by all they declare."""
    for path, filters in EXPECTED.items():
        for name, cases in filters.items():
            for value, expected in cases:
                found = names(every_full.see(path, **{**needed(path), name: value}))
                assert found == expected, f"{path}?{name}={value}"


def test_filters_add_up(full: Doors) -> None:
    assert names(full.see("tool-calls", agent_id="agt_1", tool="Read", date_from=PAST, date_to=FUTURE)) == {"call_1"}
    assert names(full.see("tool-calls", agent_id="agt_3", tool="Bash")) == set()


def test_every_sort_goes_both_ways(every_full: Doors) -> None:
    for path, listing in LISTINGS.items():
        for sort in listing.sorts:
            up = [row["id"] for row in every_full.see(path, **needed(path), sort=sort, order="asc")["items"]]
            down = [row["id"] for row in every_full.see(path, **needed(path), sort=sort, order="desc")["items"]]
            assert up, path
            assert sorted(up) == sorted(down), f"{path} by {sort}"


def test_every_row_of_a_list_has_a_detail_with_its_version_and_position(every_full: Doors) -> None:
    for path in LISTINGS:
        for row in every_full.see(path, **needed(path))["items"]:
            answer = every_full.answer("GET", f"{path}/{row['id']}")
            assert answer.json().items() >= {name: row[name] for name in ("id", "created_at", "version")}.items()
            assert answer.headers["ETag"].startswith(f'"{row["version"]}-')
            assert int(answer.headers["X-Position"]) == every_full.ledger.head()


def test_times_are_rfc_3339_in_utc_with_milliseconds(full: Doors) -> None:
    created_at = full.see("projects/prj_1")["created_at"]
    assert len(created_at) == len("2026-11-21T06:00:00.123Z")
    assert created_at.endswith("Z")


def test_projects_stand_latest_change_first_unless_asked_otherwise(full: Doors) -> None:
    with full.ledger.edit(Project, "prj_1") as project:
        project.change_details(description="changed last")
    assert [row["id"] for row in full.see("projects")["items"]] == ["prj_1", "prj_2"]
    assert [row["id"] for row in full.see("projects", sort="name")["items"]] == ["prj_1", "prj_2"]
    assert [row["id"] for row in full.see("projects", sort="name", order="desc")["items"]] == ["prj_2", "prj_1"]


def test_agents_stand_by_how_busy_they_are_then_by_name(full: Doors) -> None:
    assert [row["id"] for row in full.see("agents")["items"]] == ["agt_1", "agt_2", "agt_3"]


def test_an_audit_begins_with_the_latest_call(full: Doors) -> None:
    stamps = [row["timestamp"] for row in full.see("tool-calls")["items"]]
    assert stamps == sorted(stamps, reverse=True)


def test_tasks_say_what_they_wait_for_and_their_counts(full: Doors) -> None:
    full.do("tasks/tsk_2/add-dependency", depends_on_task_id="tsk_1")
    page = full.see("tasks", project_id="prj_1")
    assert page["counts"] == {"backlog": 1, "in_progress": 1, "waiting_approval": 0, "verified": 0}
    assert {row["id"]: row["unmet_dependencies"] for row in page["items"]} == {"tsk_1": 0, "tsk_2": 1}
    assert full.see("tasks/tsk_2").items() >= {"depends_on": ["tsk_1"], "dependents": [], "position": 0}.items()
    assert full.see("tasks/tsk_1").items() >= {"depends_on": [], "dependents": ["tsk_2"], "position": 0}.items()
    assert full.see("tasks/tsk_4")["position"] is None, "a dropped card stands nowhere"


def test_an_agent_comes_with_its_current_run_and_a_run_with_its_tools(full: Doors) -> None:
    assert full.see("agents/agt_1")["current_run"]["id"] == "run_1"
    assert full.see("agents/agt_2")["current_run"] is None
    tools = full.see("agent-runs/run_1")["tools"]
    assert {(one["tool"], one["count"], one["total_duration_ms"]) for one in tools} == {("Read", 1, 7), ("Bash", 1, 0)}


@pytest.mark.parametrize("path", sorted(LISTINGS))
def test_a_list_refuses_what_it_does_not_know(doors: Doors, path: str) -> None:
    for query in ({"colour": "red"}, {"limit": 0}, {"limit": 101}, {"sort": "colour"}, {"order": "up"}):
        assert doors.refused("GET", path, params=needed(path) | query) == (400, "VALIDATION_ERROR"), query


@pytest.mark.parametrize(
    ("path", "name"), [("tasks", "status"), ("agents", "status"), ("sessions", "status"), ("tasks", "column")]
)
def test_an_enum_filter_refuses_every_other_value(doors: Doors, path: str, name: str) -> None:
    assert doors.refused("GET", path, params=needed(path) | {name: "sleepy"}) == (400, "VALIDATION_ERROR")


def test_a_task_is_found_by_the_beginning_of_its_id_and_not_by_its_inside(all_doors: Doors) -> None:
    all_doors.ledger.create(Project.create(id="prj_1", name="Atlas"))
    all_doors.ledger.create(Task.create(id="tsk_0193a4b5", title="Write it", project_id="prj_1"))
    for text, found in (("tsk_0193", 1), ("tsk_0193a4b5", 1), ("0193a4b5", 0), ("tsk_", 0), ("write tsk_0193", 1)):
        assert len(all_doors.get("tasks", project_id="prj_1", search=text)["items"]) == found, text


def test_tasks_are_those_of_a_project(doors: Doors) -> None:
    assert doors.refused("GET", "tasks") == (400, "VALIDATION_ERROR")
