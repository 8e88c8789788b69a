"""Agents as Codewalkers has them: what stands in their rows and in those of their runs, tasks, logs (domain.md 8)."""

from typing import Any

import pytest

from support.policy_desk import Desk, crash
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.agent_log import AgentLogNotFound, append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.policies import RETRY_ON_CRASH
from workledger.domain.services.retention import purge_agent_log
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.task import Task
from workledger.projections import agent_logs, agent_runs, agents, tasks
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

STORES = ("memory", "sqlite", "postgres")


def agent(ledger: Workledger, id: str = "ann") -> agents.AgentRow:
    ledger.catch_up()
    row = agents.get(ledger.tables, id)
    assert row is not None
    return row


def run(ledger: Workledger, id: str = "r1") -> agent_runs.AgentRunRow:
    ledger.catch_up()
    row = agent_runs.get(ledger.tables, id)
    assert row is not None
    return row


def task(ledger: Workledger, id: str = "t") -> tasks.TaskRow:
    ledger.catch_up()
    row = tasks.get(ledger.tables, id)
    assert row is not None
    return row


def a_rebuild_gives_the_same(ledger: Workledger, *others: str) -> None:
    """Of the board's tables, and of other groups."""
    for group in GROUPS:
        if group.name in ("board", *others):
            assert verify(ledger.store, ledger.tables, group).differences == []


def start(ledger: Workledger, id: str = "r1", **details: Any) -> None:
    with ledger.unit() as unit:
        start_run(unit, id=id, agent_id="ann", **details)


def tell(ledger: Workledger, id: str, *commands: Any) -> None:
    with ledger.edit(AgentRun, id) as one:
        for command in commands:
            command(one)


def write(ledger: Workledger, session_number: int, *contents: str) -> None:
    for content in contents:
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="ann", agent_name="Ann", session_number=session_number, content=content)
    ledger.catch_up()


@pytest.fixture
def ann(ledger: Workledger) -> Workledger:
    """Ann ran on a task of an initiative, with an account."""
    ledger.create(Agent.create(id="ann", name="Ann"))
    ledger.create(Task.create(id="t", title="Mend it"))
    ledger.create(Initiative.create(id="ini_1", name="Faster"))
    ledger.create(Account.create(id="acc_1", email="ann@example.com"))
    start(ledger, task_id="t", initiative_id="ini_1", prompt="Mend the till.")
    return ledger


@pytest.mark.parametrize(
    ("kind", "id", "columns"),
    [
        (Task, "t", {"task_id"}),
        (Initiative, "ini_1", {"initiative_id"}),
        (Account, "acc_1", {"account_id"}),
    ],
    ids=["task", "initiative", "account"],
)
@pytest.mark.parametrize("batch", [1, 5000])
def test_deleting_a_task_an_initiative_or_an_account_nulls_the_column_of_the_agent_and_of_its_run(
    ann: Workledger, kind: Any, id: str, columns: set[str], batch: int
) -> None:
    """C7: nothing else changes; a rebuild gives the same."""
    tell(ann, "r1", lambda one: one.stop())
    about = {"task_id": "t", "initiative_id": "ini_1", "account_id": "acc_1"}
    assert run(ann).items() >= about.items()
    assert agent(ann).items() >= {"initiative_id": "ini_1", "account_id": "acc_1"}.items()
    with ann.edit(kind, id) as one:
        one.delete()
    Projector(ann.store, ann.tables, GROUPS, batch=batch).catch_up()
    left = {name: None if name in columns else value for name, value in about.items()}
    assert run(ann).items() >= left.items()
    del left["task_id"]
    assert agent(ann).items() >= {"current_task_id": None, **left}.items()
    a_rebuild_gives_the_same(ann)


def test_an_account_that_is_removed_while_the_agent_runs_leaves_it_running(ann: Workledger) -> None:
    """C7: runs keep living without an account."""
    with ann.edit(Account, "acc_1") as account:
        account.delete()
    tell(ann, "r1", lambda one: one.report_turn(turn=1))
    assert (run(ann)["status"], run(ann)["account_id"], agent(ann)["account_id"]) == ("running", None, None)
    a_rebuild_gives_the_same(ann)


def test_the_agent_shows_the_account_of_the_run_that_is_the_latest(ann: Workledger) -> None:
    ann.create(Account.create(id="acc_2", email="bob@example.com"))
    tell(ann, "r1", lambda one: one.report_output(), lambda one: one.switch_account(account_id="acc_2"))
    assert (run(ann)["account_id"], agent(ann)["account_id"]) == ("acc_2", "acc_2")
    tell(ann, "r1", crash)
    start(ann, "r2", account_id="acc_1")
    assert agent(ann)["account_id"] == "acc_1"
    a_rebuild_gives_the_same(ann)


def test_what_an_agent_wrote_outlives_it_with_its_name_and_the_numbers_of_its_sessions(ann: Workledger) -> None:
    """C15: the first session is 1, the next resume 2; there are two."""
    write(ann, 1, "One", "Two")
    tell(ann, "r1", lambda one: one.report_process(provider_session_id="claude-1"), lambda one: one.report_output())
    tell(ann, "r1", lambda one: one.pause())
    with ann.unit() as unit:
        assert resume_run(unit, "r1", new_process=True).session_number == 2
    write(ann, 2, "Three")
    tell(ann, "r1", lambda one: one.complete())
    assert agent(ann)["session_count"] == 2
    with ann.edit(Agent, "ann") as gone:
        gone.delete()
    write(ann, 2, "A last word")
    assert agents.get(ann.tables, "ann") is None
    rows = agent_logs.chunks(ann.tables, "ann")
    assert [(row["agent_name"], row["session_number"], row["content"]) for row in rows] == [
        ("Ann", 1, "One"),
        ("Ann", 1, "Two"),
        ("Ann", 2, "Three"),
        ("Ann", 2, "A last word"),
    ]
    assert agent_logs.session_count(ann.tables, "ann") == 2
    a_rebuild_gives_the_same(ann, "agent_logs")


def test_all_that_an_agent_wrote_is_purged_at_once(ann: Workledger) -> None:
    """C15: purge by agent; others keep what they wrote."""
    write(ann, 1, "Secret")
    write(ann, 2, "Secret too", "and more")
    with ann.unit() as unit:
        append_chunk(unit, agent_id="bob", agent_name="Bob", session_number=1, content="Kept")
    chunks, size = purge_agent_log(ann, agent_id="ann")
    assert (chunks, size > 0) == (3, True)
    ann.catch_up()
    assert agent_logs.chunks(ann.tables, "ann") == []
    assert [row["content"] for row in agent_logs.chunks(ann.tables, "bob")] == ["Kept"]
    assert not [row for row in ann.read() if "Secret" in row.data]
    with pytest.raises(AgentLogNotFound):
        purge_agent_log(ann, agent_id="ann")
    a_rebuild_gives_the_same(ann, "agent_logs")


def test_a_crash_counts_a_retry_a_manual_one_begins_anew_and_after_three_it_stops(ledger: Workledger) -> None:
    """C16."""
    desk = Desk(ledger, RETRY_ON_CRASH)
    desk.card("t")
    seen = [task(ledger)["retry_count"]]
    for nth in range(4):
        desk.at_work("t", f"r{nth}")
        desk.run(f"r{nth}", crash)
        desk.follows()
        seen.append(task(ledger)["retry_count"])
    assert seen == [0, 1, 2, 3, 3]
    assert task(ledger).items() >= {"status": "blocked", "blocked_reason": "retries_exhausted"}.items()
    desk.task("t", lambda one: one.retry())
    assert task(ledger).items() >= {"retry_count": 0, "status": "pending", "queued": True}.items()
    a_rebuild_gives_the_same(ledger)


def test_a_prompt_is_readable_after_the_logs_are_purged(ann: Workledger) -> None:
    """C23: it is the run's, whatever becomes of the logs, the process and the agent's task."""
    write(ann, 1, "Mend the till. I shall.")
    tell(ann, "r1", lambda one: one.complete())
    purge_agent_log(ann, agent_id="ann")
    assert run(ann)["prompt"] == "Mend the till."
    assert agent_logs.chunks(ann.tables, "ann") == []
    a_rebuild_gives_the_same(ann, "agent_logs")


def test_the_time_of_dismissal_is_kept_until_the_agent_runs_again(ann: Workledger) -> None:
    """C24."""
    tell(ann, "r1", lambda one: one.complete())
    assert agent(ann)["user_dismissed_at"] is None
    with ann.edit(Agent, "ann") as one:
        one.dismiss()
    dismissed_at = agent(ann)["user_dismissed_at"]
    assert dismissed_at is not None
    assert format_timestamp(dismissed_at) == ann.read(topics=["agent.dismissed"])[0].at
    with ann.edit(Agent, "ann") as one:
        one.dismiss()
    assert agent(ann)["user_dismissed_at"] == dismissed_at, "a second one changes nothing"
    start(ann, "r2")
    assert agent(ann)["user_dismissed_at"] is None
    a_rebuild_gives_the_same(ann)


def test_pending_questions_are_cleared_when_the_run_is_resumed(ann: Workledger) -> None:
    """C25."""
    tell(ann, "r1", lambda one: one.report_output(), lambda one: one.ask_user(questions=["Which?", {"or": "what"}]))
    asked = run(ann)
    assert (asked["status"], asked["pending_questions"]) == ("waiting_for_input", ["Which?", {"or": "what"}])
    assert agent(ann)["status_c"] == "waiting_for_input"
    with ann.unit() as unit:
        resume_run(unit, "r1", new_process=False, answers={"Which?": "That."})
    assert (run(ann)["status"], run(ann)["pending_questions"]) == ("running", None)
    a_rebuild_gives_the_same(ann)
