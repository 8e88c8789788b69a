"""An agent's row follows its latest run, whatever its older runs have to say."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import workledger
from support.examples import examples
from workledger import Refused, Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed, AgentRunStarted
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.mapping import decode
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.task import Task
from workledger.projections import agents
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

STORES = ("memory", "postgres")

STATUSES = {
    "starting": ("starting", "running"),
    "running": ("running", "running"),
    "paused": ("paused", "waiting_for_input"),
    "waiting_for_input": ("paused", "waiting_for_input"),
    "failed, recoverable": ("error", "crashed"),
    "failed": ("idle", "crashed"),
    "completed": ("completed", "idle"),
    "stopped": ("idle", "stopped"),
}
"""The table of domain.md 2.2: AgentPane's word and that of Codewalkers."""

LIVES: dict[str, Callable[[Any], object]] = {
    "starting": lambda run: None,
    "running": lambda run: run.report_output(),
    "paused": lambda run: (run.report_output(), run.pause()),
    "waiting_for_input": lambda run: (run.report_output(), run.ask_user(questions=["Which?"])),
    "failed, recoverable": lambda run: run.fail(cause="crash", error="Killed."),
    "failed": lambda run: run.fail(cause="execution_error", error="No."),
    "completed": lambda run: run.complete(),
    "stopped": lambda run: run.stop(),
}


def start(ledger: Workledger, id: str, **details: Any) -> None:
    with ledger.unit() as unit:
        start_run(unit, id=id, agent_id="ann", **details)


def tell(ledger: Workledger, id: str, command: Callable[[Any], object]) -> None:
    with ledger.edit(AgentRun, id) as run:
        command(run)


def resume(ledger: Workledger, id: str, *, new_process: bool) -> None:
    with ledger.unit() as unit:
        resume_run(unit, id, new_process=new_process)


def crash(run: Any) -> None:
    run.report_process(provider_session_id="claude-1")
    run.fail(cause="crash", error="Killed.")


def row(ledger: Workledger) -> dict[str, Any]:
    found = agents.get(ledger.tables, "ann")
    assert found is not None
    return dict(found)


def derived(ledger: Workledger) -> dict[str, Any]:
    """What the row must say, told from the log alone: by the run that was started or resumed last."""
    started = [
        past
        for past in map(decode, ledger.read(limit=10_000))
        if isinstance(past.event, AgentRunStarted | AgentRunResumed)
    ]
    if not started:
        return {"status": "idle", "status_c": "idle", "latest_run_id": None, "current_run_id": None}
    id = started[-1].stream_id.partition("-")[2]
    first: Any = ledger.history(AgentRun, id)[0].event
    run = ledger.get(AgentRun, id)
    status, status_c = STATUSES["failed, recoverable" if run.status == "failed" and run.recoverable else run.status]
    return {
        "status": status,
        "status_c": status_c,
        "latest_run_id": id,
        "initiative_id": first.initiative_id,
        "current_run_id": id if run.live else None,
        "current_task_id": first.task_id if run.live else None,
        "current_session_id": first.session_id if run.live else None,
        "current_worktree_id": first.worktree_id if run.live else None,
    }


def follows(ledger: Workledger) -> None:
    found, expected = row(ledger), derived(ledger)
    assert {name: found[name] for name in expected} == expected


@pytest.fixture
def ann(ledger: Workledger) -> Workledger:
    ledger.create(Agent.create(id="ann", name="ann"))
    for id in ("i1", "i2"):
        ledger.create(Initiative.create(id=id, name=id))
    return ledger


@pytest.mark.parametrize("later", LIVES)
def test_stopping_an_older_run_that_failed_says_nothing_of_the_agent(ann: Workledger, later: str) -> None:
    start(ann, "one", session_id="s1", worktree_id="w1")
    tell(ann, "one", crash)
    start(ann, "two", session_id="s2", worktree_id="w2", initiative_id="i2")
    tell(ann, "two", LIVES[later])
    ann.catch_up()
    before = row(ann)
    assert (before["status"], before["status_c"]) == STATUSES[later]
    tell(ann, "one", lambda run: run.stop())
    tell(ann, "one", lambda run: run.report_exit(exit_code=9))
    ann.catch_up()
    assert row(ann) == before
    follows(ann)


def test_stopping_the_latest_run_that_failed_leaves_the_agent_idle(ann: Workledger) -> None:
    start(ann, "one")
    tell(ann, "one", crash)
    tell(ann, "one", lambda run: run.stop())
    ann.catch_up()
    assert (row(ann)["status"], row(ann)["status_c"]) == ("idle", "stopped")


def test_an_older_run_that_is_resumed_is_the_latest(ann: Workledger) -> None:
    start(ann, "one", session_id="s1", worktree_id="w1", initiative_id="i1")
    tell(ann, "one", crash)
    start(ann, "two", session_id="s2", worktree_id="w2", initiative_id="i2")
    tell(ann, "two", lambda run: run.complete())
    resume(ann, "one", new_process=True)
    ann.catch_up()
    assert row(ann)["latest_run_id"] == "one"
    follows(ann)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["start", "crash", "crash", "fail", "output", "pause", "ask", "resume", "resume anew", "complete", "stop"]
        ),
        st.integers(0, 3),
    ),
    min_size=5,
    max_size=25,
)
COMMANDS: dict[str, Callable[[Any], object]] = {
    "crash": crash,
    "fail": LIVES["failed"],
    "output": LIVES["running"],
    "pause": LIVES["paused"],
    "ask": LIVES["waiting_for_input"],
    "complete": LIVES["completed"],
    "stop": LIVES["stopped"],
}


@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.integers(1, 12))
def test_in_whatever_order_runs_come_and_go_the_row_follows_the_latest(
    steps: list[tuple[str, int]], batch: int
) -> None:
    with workledger.open("memory:") as ledger:
        ledger.create(Agent.create(id="ann", name="ann"))
        projector = Projector(ledger.store, ledger.tables, GROUPS, batch=batch)
        started = 0
        for number, (what, which) in enumerate(steps):
            with suppress(Refused):
                if what == "start" or not started:
                    ledger.create(Task.create(id=f"t{number}", title="Work"))
                    task = f"t{number}" if which % 2 else None
                    start(ledger, f"r{started}", task_id=task, session_id=f"s{number}", worktree_id=f"w{number}")
                    started += 1
                elif what.startswith("resume"):
                    resume(ledger, f"r{which % started}", new_process=what == "resume anew")
                else:
                    tell(ledger, f"r{which % started}", COMMANDS[what])
            if number % 3 == 0:
                projector.catch_up()
                follows(ledger)
        projector.catch_up()
        follows(ledger)
        assert verify(ledger.store, ledger.tables, GROUPS[0]).differences == []
        Rebuild(ledger.store, ledger.tables, GROUPS, batch=batch + 15).run()
        follows(ledger)


def test_tasks_are_counted_once_and_runs_without_a_task_are_not(ann: Workledger) -> None:
    """An agent has done as many tasks as are done by it, however many runs that took."""
    ann.create(Task.create(id="t", title="Bake"))
    for id in ("chat", "bake", "bake-on"):
        start(ann, id, task_id=None if id == "chat" else "t")
        tell(ann, id, lambda run: run.complete())
    with ann.edit(Task, "t") as task:
        task.finish_work(approval="none")
    ann.catch_up()
    counts = ("total_tasks", "completed_tasks", "failed_tasks")
    assert [row(ann)[name] for name in counts] == [1, 1, 0]
    with ann.edit(Task, "t") as task:
        task.reopen(reason="It is not done.")
    ann.catch_up()
    assert [row(ann)[name] for name in counts] == [0, 0, 0]
