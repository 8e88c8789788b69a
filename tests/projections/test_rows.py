"""The rows of the board: what each event makes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support import task_states
from support.golden_events import append
from support.golden_events import happened as logged
from workledger import Refused, Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.project import Project
from workledger.domain.services.runs import start_run, start_tool_call
from workledger.domain.session import Session
from workledger.domain.task import Task, ranks
from workledger.domain.task.events import TaskReopened, TaskUnassigned
from workledger.domain.tool_calls import ToolCalls
from workledger.domain.workspace import Workspace
from workledger.projections import agent_runs, agents, projects, sessions, task_places, tasks, tool_calls
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.tool_calls import ToolCalls as ToolCallRows

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ledger(database_ledger: Workledger) -> Workledger:
    database_ledger.create(Project.create(id="p", name="Bakery"))
    database_ledger.create(Agent.create(id="ann", name="Ann", project_id="p"))
    database_ledger.catch_up()
    return database_ledger


def happened(ledger: Workledger, kind: type[Aggregate], id: str, *events: Event) -> None:
    """Given events, a minute apart from noon on."""
    for minute, event in enumerate(events):
        with ledger.unit() as unit:
            unit.record(kind, id, [event], at=NOON + timedelta(minutes=minute))
    ledger.catch_up()


def row(ledger: Workledger, name: str, id: str) -> dict[str, Any]:
    ledger.catch_up()
    table = Table.METADATA.tables[name]
    found = ledger.tables.first(table.select().where(table.c.id == id))
    assert found is not None
    return found


@pytest.mark.parametrize("state", task_states.LIVES)
def test_a_task_shows_both_its_faces(ledger: Workledger, state: str) -> None:
    """D4: status and column of each state of domain.md 2.1."""
    happened(ledger, Task, "t", *task_states.LIVES[state])
    task, shown = ledger.get(Task, "t"), row(ledger, "tasks", "t")
    assert (shown["status"], shown["board_column"], shown["queued"]) == (task.status, task.board_column, task.queued)
    assert task.state == state
    assert shown["version"] == task.version


def test_a_task_that_is_done_shows_how_it_went(ledger: Workledger) -> None:
    happened(ledger, Task, "t", *task_states.LIVES["done"])
    shown = row(ledger, "tasks", "t")
    expected = {
        "title": "Write the parser",
        "type": "auto",
        "category": "execute",
        "priority": "medium",
        "agent_id": "ann",
        "agent_name": "Ann",
        "agent_run_id": "run_1",
        "branch": "parser",
        "summary": "It parses.",
        "turn_count": 3,
        "diff_summary": "+1 -0",
        "files_changed": 1,
        "lines_added": 1,
        "lines_removed": 0,
        "approved_by": "Ann",
        "rejection_count": 0,
        "retry_count": 0,
        "labels": [],
        "metadata": {},
        "rank": "Z",
    }
    assert {name: shown[name] for name in expected} == expected
    past = {past.event.TOPIC: past.at for past in ledger.history(Task, "t")}
    assert shown["created_at"] == NOON
    assert shown["started_at"] == past["task.started"]
    assert shown["approved_at"] == past["task.approved"]
    assert shown["completed_at"] == past["task.completed"]
    assert shown["updated_at"] == max(past.values())
    assert shown["last_position"] == ledger.head()


def test_a_task_that_is_reopened_shows_none_of_it(ledger: Workledger) -> None:
    done = task_states.LIVES["done"]
    happened(ledger, Task, "t", *done, TaskReopened(reason="Again."), TaskUnassigned(agent_id="ann", reason="reopened"))
    shown = row(ledger, "tasks", "t")
    cleared = ("agent_id", "agent_name", "agent_run_id", "session_id", "branch", "diff_summary", "files_changed")
    cleared += ("lines_added", "lines_removed", "approved_at", "approved_by", "completed_at")
    assert {name: shown[name] for name in cleared} == dict.fromkeys(cleared)
    assert shown["started_at"] is not None, "when it was first started stays"


def test_every_event_of_a_stream_moves_the_version_of_its_row(ledger: Workledger) -> None:
    """Also one that sets no column: the version is what the next edit may expect."""
    ledger.create(Task.create(id="other", title="Other"))
    ledger.create(Task.create(id="t", title="Task"))
    with ledger.edit(Task, "t") as task:
        task.add_dependency(depends_on_task_id="other")
    shown = row(ledger, "tasks", "t")
    with ledger.edit(Task, "t", expected_version=shown["version"]) as task:
        task.change_details(title="Expected")
    assert row(ledger, "tasks", "t")["version"] == 3


def cards(tables: ReadTables, name: str) -> list[str]:
    return [card["title"] for card in tasks.column(tables, "p", name)]


def test_cards_have_dense_positions_wherever_they_are_put(ledger: Workledger) -> None:
    """A3, A5: 0 … n-1 in every column, in the order of their ranks."""
    for title in "abcde":
        ledger.create(Task.create(id=title, title=title, project_id="p"))
    ledger.catch_up()
    assert cards(ledger.tables, "backlog") == list("abcde")
    for moving, position, expected in (("e", 0, "eabcd"), ("a", 4, "ebcda"), ("d", 2, "ebdca")):
        before, after = task_places.neighbours(ledger.tables, "p", "backlog", moving, position)
        with ledger.edit(Task, moving) as task:
            task.place(rank=ranks.between(before, after))
        ledger.catch_up()
        shown = tasks.column(ledger.tables, "p", "backlog")
        assert [card["title"] for card in shown] == list(expected)
        assert [card["position"] for card in shown] == list(range(5))
        assert [task_places.position(ledger.tables, card) for card in shown] == list(range(5))


def test_counts_agree_with_the_lists_after_every_step(ledger: Workledger) -> None:
    """A6."""

    def agree() -> dict[str, int]:
        ledger.catch_up()
        counts = tasks.counts(ledger.tables, "p")
        assert counts == {name: len(column) for name, column in tasks.board(ledger.tables, "p").items()}
        return counts

    for id in ("one", "two"):
        ledger.create(Task.create(id=id, title=id, project_id="p"))
        agree()
    steps: tuple[tuple[str, dict[str, Any]], ...] = (
        ("assign", {"agent_id": "ann"}),
        ("finish_work", {"turn_count": 1, "files_changed": 1}),
        ("reject", {"reason": "More."}),
        ("finish_work", {"turn_count": 1, "files_changed": 1}),
        ("approve", {}),
        ("reopen", {"reason": "Again."}),
        ("cancel", {"to": "dropped"}),
        ("reopen", {"reason": "After all."}),
        ("delete", {}),
    )
    seen = []
    for name, arguments in steps:
        with ledger.edit(Task, "one") as task:
            getattr(task, name)(**arguments)
        seen.append(tuple(agree().values()))
    assert seen == [
        *((1, 1, 0, 0), (1, 0, 1, 0), (1, 1, 0, 0), (1, 0, 1, 0), (1, 0, 0, 1)),
        *((2, 0, 0, 0), (1, 0, 0, 0), (2, 0, 0, 0), (1, 0, 0, 0)),
    ]


def test_a_card_shows_how_many_it_waits_for(ledger: Workledger) -> None:
    for id in ("one", "two", "three"):
        ledger.create(Task.create(id=id, title=id, project_id="p"))
    with ledger.edit(Task, "three") as task:
        task.add_dependency(depends_on_task_id="one")
        task.add_dependency(depends_on_task_id="two")
    ledger.catch_up()
    assert {card["id"]: card["unmet_dependencies"] for card in tasks.column(ledger.tables, "p", "backlog")} == {
        "one": 0,
        "two": 0,
        "three": 2,
    }
    with ledger.edit(Task, "one") as task:
        task.assign(agent_id="ann")
        task.finish_work(turn_count=1, approval="none")
    with ledger.edit(Task, "two") as task:
        task.delete()
    ledger.catch_up()
    [card] = tasks.column(ledger.tables, "p", "backlog")
    assert (card["id"], card["unmet_dependencies"]) == ("three", 0)


@pytest.fixture
def run(ledger: Workledger) -> AgentRun:
    """A run of Ann's on a task, in a session."""
    ledger.create(Task.create(id="t", title="Task", project_id="p"))
    ledger.create(Session.create(id="s", project_id="p", task_id="t", agent_id="ann", url="/demo"))
    with ledger.unit() as unit:
        return start_run(unit, id="r", agent_id="ann", task_id="t", session_id="s", max_turns=5, prompt="Do it.")


def test_the_metrics_of_a_run_are_the_sums_of_its_turns(ledger: Workledger, run: AgentRun) -> None:
    """A10: also those of its task and of its session; dollars add up without dust."""
    for turn in range(1, 4):
        with ledger.edit(AgentRun, "r") as going:
            cached = None if turn == 1 else 5
            going.report_turn(turn=turn, tokens_in=10, tokens_out=turn, cache_tokens=cached, cost_usd=0.1)
    shown = row(ledger, "agent_runs", "r")
    sums = {"turn_count": 3, "token_input_count": 30, "token_output_count": 6, "cache_token_count": 10, "cost_usd": 0.3}
    assert {name: shown[name] for name in sums} == sums
    task = row(ledger, "tasks", "t")
    assert (task["tokens_in"], task["tokens_out"], task["cost_usd"]) == (30, 6, 0.3)
    assert row(ledger, "sessions", "s")["message_count"] == 3


def test_the_turn_limit_pauses_a_run(ledger: Workledger, run: AgentRun) -> None:
    """A20: warned at four fifths, paused at the limit, more turns when resumed with more."""
    for turn in range(1, 6):
        with ledger.edit(AgentRun, "r") as going:
            going.report_turn(turn=turn)
    topics = [past.event.TOPIC for past in ledger.history(AgentRun, "r")]
    assert topics[-3:] == ["agent_run.turn_limit_approached", "agent_run.turn_completed", "agent_run.paused"]
    shown = row(ledger, "agent_runs", "r")
    assert (shown["status"], shown["pause_reason"], shown["max_turns"]) == ("paused", "turn_limit", 5)
    assert row(ledger, "agents", "ann")["status"] == "paused"
    with ledger.edit(AgentRun, "r") as going:
        going.resume(extra_turns=3)
    shown = row(ledger, "agent_runs", "r")
    assert (shown["status"], shown["pause_reason"], shown["max_turns"]) == ("running", None, 8)


def test_tool_calls_are_audited_and_added_up_by_tool(ledger: Workledger, run: AgentRun) -> None:
    """A10, A19: a denied one is recorded, and not counted as used."""
    for call, tool in (("c1", "Bash"), ("c2", "Read"), ("c3", "Bash")):
        start_tool_call(ledger, "r", tool=tool, turn_number=1, tool_call_id=call, input={"ü": [1]})
    with pytest.raises(Refused, match="may not use the tool"):
        start_tool_call(ledger, "r", tool="WebFetch", turn_number=2, tool_call_id="c4")
    with ledger.edit(ToolCalls, "r") as calls:
        calls.complete(tool_call_id="c1", output="fine", duration_ms=100)
        calls.fail(tool_call_id="c3", error="Boom.", duration_ms=50)
    ledger.catch_up()
    assert tool_calls.of_run(ledger.tables, "r") == [
        {"tool": "Bash", "count": 2, "total_duration_ms": 150},
        {"tool": "Read", "count": 1, "total_duration_ms": 0},
    ]
    shown = {one["id"]: one for one in ledger.tables.all(ToolCallRows.table.select())}
    assert {id: one["status"] for id, one in shown.items()} == {
        "c1": "complete",
        "c2": "running",
        "c3": "error",
        "c4": "denied",
    }
    assert (shown["c1"]["input"], shown["c1"]["output"], shown["c1"]["duration_ms"]) == ({"ü": [1]}, "fine", 100)
    assert (shown["c3"]["error"], shown["c4"]["error"]) == ("Boom.", "tool not allowed")
    assert row(ledger, "sessions", "s")["tool_call_count"] == 3


def test_two_runs_may_name_their_calls_alike(ledger: Workledger, run: AgentRun) -> None:
    with ledger.edit(AgentRun, "r") as going:
        going.complete()
    with ledger.unit() as unit:
        start_run(unit, id="r2", agent_id="ann")
    for id in ("r", "r2"):
        start_tool_call(ledger, id, tool="Bash", turn_number=1, tool_call_id="call_1")
    with ledger.edit(ToolCalls, "r2") as calls:
        calls.complete(tool_call_id="call_1")
    ledger.catch_up()
    shown = {one["agent_run_id"]: one["status"] for one in ledger.tables.all(ToolCallRows.table.select())}
    assert shown == {"r": "running", "r2": "complete"}


def test_audit_rows_are_found_by_each_of_their_six_indexes(ledger: Workledger, run: AgentRun) -> None:
    """A14."""
    ledger.create(Agent.create(id="bob", name="Bob"))
    with ledger.unit() as unit:
        start_run(unit, id="r2", agent_id="bob")
    start_tool_call(ledger, "r", tool="Bash", turn_number=1, tool_call_id="c1")
    start_tool_call(ledger, "r2", tool="Read", turn_number=1, tool_call_id="c2")
    ledger.catch_up()
    c = ToolCallRows.c
    for wanted, found in (
        (c.agent_id == "ann", ["c1"]),
        (c.agent_run_id == "r2", ["c2"]),
        (c.task_id == "t", ["c1"]),
        (c.project_id == "p", ["c1"]),
        (c.tool == "Read", ["c2"]),
        (c.timestamp > NOON - timedelta(days=36500), ["c1", "c2"]),
    ):
        chosen = ToolCallRows.table.select().where(wanted).order_by(c.timestamp, c.id)
        assert [one["id"] for one in ledger.tables.all(chosen)] == found
    columns = {index.split(",")[0] for index in ToolCallRows.INDEXES}
    assert columns == {"agent_id", "agent_run_id", "task_id", "project_id", "tool", "timestamp"}


def test_an_agent_shows_what_its_runs_make_of_it(ledger: Workledger, run: AgentRun) -> None:
    """A11 and domain.md 2.2: status in both vocabularies, totals, last error."""

    def shows(*, status: str, codewalkers: str, task: str | None) -> None:
        shown = row(ledger, "agents", "ann")
        assert (shown["status"], shown["status_c"], shown["current_task_id"]) == (status, codewalkers, task)

    def tell(name: str, **arguments: Any) -> None:
        with ledger.edit(AgentRun, "r") as going:
            getattr(going, name)(**arguments)

    shows(status="starting", codewalkers="running", task="t")
    assert row(ledger, "agents", "ann")["current_run_id"] == "r"
    tell("report_output")
    shows(status="running", codewalkers="running", task="t")
    tell("ask_user", questions=["Which?"])
    shows(status="paused", codewalkers="waiting_for_input", task="t")
    assert row(ledger, "agent_runs", "r")["pending_questions"] == ["Which?"]
    tell("resume", answers={"Which?": "That."})
    assert row(ledger, "agent_runs", "r")["pending_questions"] is None
    tell("fail", cause="crash", error="Boom.")
    shows(status="error", codewalkers="crashed", task=None)
    shown = row(ledger, "agents", "ann")
    assert (shown["total_tasks"], shown["completed_tasks"], shown["failed_tasks"]) == (1, 0, 1)
    assert (shown["last_error"], shown["session_count"]) == ("Boom.", 1)
    with ledger.unit() as unit:
        start_run(unit, id="r2", agent_id="ann")
    with ledger.edit(AgentRun, "r2") as going:
        going.complete(result={"done": True})
    shows(status="completed", codewalkers="idle", task=None)
    shown = row(ledger, "agents", "ann")
    assert (shown["total_tasks"], shown["completed_tasks"], shown["failed_tasks"]) == (1, 0, 1)
    assert shown["last_error"] == "Boom."
    assert row(ledger, "agent_runs", "r2")["result"] == {"done": True}


def test_a_run_in_a_new_process_has_not_exited(ledger: Workledger, run: AgentRun) -> None:
    with ledger.edit(AgentRun, "r") as going:
        going.report_process(pid=1, provider_session_id="claude-1")
        going.report_exit(exit_code=9)
    assert row(ledger, "agent_runs", "r")["exit_code"] == 9
    with ledger.edit(AgentRun, "r") as going:
        going.report_process(pid=2)
    shown = row(ledger, "agent_runs", "r")
    assert (shown["pid"], shown["exit_code"], shown["provider_session_id"]) == (2, None, "claude-1")
    assert agent_runs.by_provider_session(ledger.tables, "claude-1") == shown
    assert agent_runs.of_task(ledger.tables, "t") == [shown]
    assert agent_runs.get(ledger.tables, "r") == shown


def test_a_session_shows_whether_it_is_active_and_when_it_was_closed(ledger: Workledger, run: AgentRun) -> None:
    """A12."""
    shown = sessions.get(ledger.tables, "s") or row(ledger, "sessions", "s")
    assert (shown["url"], shown["is_active"], shown["status"]) == ("/demo", True, "initializing")
    with ledger.edit(Session, "s") as session:
        session.activate()
        session.close(message_count=7)
    shown = row(ledger, "sessions", "s")
    assert (shown["is_active"], shown["status"], shown["message_count"]) == (False, "closed", 7)
    assert shown["closed_at"] is not None


def test_agents_are_found_by_name_and_by_status(ledger: Workledger) -> None:
    ledger.create(Agent.create(id="free", name="Ann"))
    ledger.catch_up()
    found = agents.by_name(ledger.tables, "Ann", "p"), agents.by_name(ledger.tables, "Ann")
    assert [one and one["id"] for one in found] == ["ann", "free"]
    assert agents.by_name(ledger.tables, "ann") is None
    assert [one["id"] for one in agents.by_status(ledger.tables, "idle")] == ["ann", "free"]
    assert [one["id"] for one in agents.by_status(ledger.tables, "idle", "p")] == ["ann"]
    assert agents.get(ledger.tables, "nobody") is None


def test_projects_are_listed_by_what_changed_last_without_archived_ones(ledger: Workledger) -> None:
    ledger.create(Workspace.create(id="ws", name="Ours"))
    for id in ("q", "r"):
        ledger.create(Project.create(id=id, name=id, workspace_id="ws", metadata={"id": id}))
    with ledger.edit(Project, "r") as project:
        project.change_status(status="completed")
        project.change_status(status="archived")
    with ledger.acting_as("user:ann"), ledger.edit(Project, "p") as project:
        project.change_concurrency_limit(limit=7)
    ledger.catch_up()
    assert {one["id"] for one in projects.recent(ledger.tables)} == {"p", "q"}
    assert row(ledger, "projects", "p")["max_concurrent_agents"] == 7
    assert row(ledger, "projects", "q")["metadata"] == {"id": "q"}


def test_text_and_json_are_shown_as_they_were_said(ledger: Workledger) -> None:
    metadata = {"emoji": "🌍", "deep": [1, 2.5, None, True, {"ü": "\\u0000 as six letters"}]}
    title = "Grüße 'so' \\ {\"a\"} \t,"
    ledger.create(Task.create(id="t", title=title, project_id="p", metadata=metadata, labels=("a,b", "{}")))
    shown = row(ledger, "tasks", "t")
    assert (shown["title"], shown["metadata"], shown["labels"]) == (title, metadata, ["a,b", "{}"])
    with ledger.edit(Task, "t") as task:
        task.change_details(description='line\nline "quoted" \\N \\.')
        task.change_labels(labels=('"', "\\", "NULL", "é"))
    shown = row(ledger, "tasks", "t")
    assert (shown["description"], shown["labels"]) == ('line\nline "quoted" \\N \\.', ['"', "\\", "NULL", "é"])


@pytest.mark.parametrize("at_once", [True, False])
def test_a_call_may_be_denied_after_it_has_started(ledger: Workledger, at_once: bool) -> None:
    """Somebody was asked, and said no. In one batch with its start, or in a later one: the row is the same."""
    for topic, fields in (("call_started", {}), ("call_denied", {"reason": "not now"})):
        append(ledger, logged(f"tool_calls.{topic}", "r", tool_call_id="c", input={"command": "ls"}, **fields))
        if not at_once:
            ledger.catch_up()
    shown = row(ledger, "tool_calls", "c")
    assert (shown["status"], shown["error"], shown["input"]) == ("denied", "not now", {"command": "ls"})
    with ledger.tables.engine.connect() as connection:
        assert not dead_letters.find(connection)
