"""The simulation: the same for the same seed, true to the rules, labelled, and lively."""

import logging
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import orjson
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.simulation.chance import Chance, Spread
from workledger.adapters.simulation.history import history, record
from workledger.adapters.simulation.live import Live, crews, simulated
from workledger.adapters.simulation.past import Happening
from workledger.adapters.simulation.tempo import FULL, LIVE, PAST
from workledger.adapters.simulation.workload import START, events
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.mapping import LARGEST
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS
from workledger.projections.tasks import Tasks

UNTIL = datetime(2026, 3, 2, 12, tzinfo=UTC)
SHORT = timedelta(hours=5)
HURRY = Spread(0.03, 0.06)
HURRIED = replace(LIVE, turns=Spread(2, 4), turn=HURRY, call=HURRY, idle=HURRY, answer=HURRY, review=HURRY, plan=HURRY)


def told(happenings: Iterator[Happening], count: int) -> list[tuple[str, bytes, datetime, str]]:
    return [
        (one.kind.stream(one.id), orjson.dumps(one.event.payload()), one.at, one.actor)
        for one in islice(happenings, count)
    ]


def test_a_seed_always_tells_the_same_story_and_another_one_another() -> None:
    once = told(events(7, tempo=PAST), 4000)
    assert once == told(events(7, tempo=PAST), 4000)
    assert once != told(events(8, tempo=PAST), 4000)
    assert [at for _, _, at, _ in once] == sorted(at for _, _, at, _ in once)


def test_its_quantities_are_spread_as_asked_for() -> None:
    """domain.md 7.2: log-normal, by median and 95th percentile."""
    chance = Chance(1)
    turns = sorted(chance.of(FULL.turns) for _ in range(20_000))
    assert statistics.median(turns) == pytest.approx(FULL.turns.p50, rel=0.05)
    assert turns[19_000] == pytest.approx(FULL.turns.p95, rel=0.08)


def test_every_event_of_it_is_one_that_the_rules_allow(ledger: Workledger) -> None:
    """Each store settles every claim of some thousand events, and their tables verify."""
    story = events(3, tempo=PAST, start=UNTIL)
    for batch in iter(lambda: list(islice(story, 500)), []):
        record(ledger, batch)
        if ledger.head() >= 4000:
            break
    ledger.catch_up()
    for group in GROUPS:
        assert verify(ledger.store, ledger.tables, group).differences == []


def test_a_full_workload_fits_into_the_log() -> None:
    workload = list(events(5, 20_000))
    assert len(workload) == 20_000
    assert workload[0].at == START
    assert max(len(orjson.dumps(one.event.payload())) for one in workload) < LARGEST
    assert {"agent_log", "agent_run", "task", "tool_calls"} <= {one.kind.CATEGORY for one in workload}


def test_several_projects_hundreds_of_tasks_crashes_retries_and_reviews_are_in_it(past: list[Happening]) -> None:
    topics = Counter(one.event.TOPIC for one in past)
    assert topics["project.created"] == 4
    assert topics["task.created"] > 200
    assert topics["task.approved"] > 100
    for topic in (
        *("task.rejected", "task.retry_scheduled", "task.retried_manually", "task.blocked", "task.dependency_added"),
        *("agent_run.failed", "agent_run.waiting_for_input", "agent_run.resumed", "agent_run.stopped"),
        *("tool_calls.call_failed", "tool_calls.call_denied", "commit.recorded", "session.closed"),
    ):
        assert topics[topic] > 1, topic


def test_tasks_are_told_apart_by_their_titles(past: list[Happening]) -> None:
    titles = [(one.tags["project"], one.event.title) for one in past if one.event.TOPIC == "task.created"]  # type: ignore[attr-defined]
    assert len(set(titles)) == len(titles)


def test_logs_are_lines_of_json_as_claude_code_writes_them(past: list[Happening]) -> None:
    lines = [one.event.content for one in past if one.event.TOPIC == "agent_log.chunk_appended"]  # type: ignore[attr-defined]
    records = [orjson.loads(line) for line in lines if line.endswith("\n")]
    assert len(records) == len(lines)
    asked = {block["id"] for one in records for block in blocks(one, "tool_use")}
    answered = {block["tool_use_id"] for one in records for block in blocks(one, "tool_result")}
    assert answered
    assert answered <= asked


def blocks(record: dict[str, dict[str, list[dict[str, str]]]], type: str) -> list[dict[str, str]]:
    content = record.get("message", {}).get("content", [])
    return [block for block in content if isinstance(block, dict) and block["type"] == type]


def test_history_is_written_at_the_times_it_happened_and_labelled(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        assert not simulated(ledger)
        count = history(ledger, 7, until=UNTIL, length=SHORT)
        ledger.catch_up()
        rows = ledger.read(0, count + 1)
        assert len(rows) == count
        assert rows[0].at == "2026-03-02T07:00:00.000Z"
        assert rows[-1].at <= "2026-03-02T12:00:00.000Z"
        assert simulated(ledger)
        for crew in crews(ledger):
            project = ledger.get(Project, crew.project_id)
            assert project.name.endswith("(simulated)")
            assert project.metadata["simulated"] is True
        assert {row.actor.partition(":")[0] for row in rows} == {"user", "agent", "automation", "system"}


def test_an_interrupted_history_is_gone_on_with_and_a_whole_one_is_left_alone(sqlite_url: str) -> None:
    def interrupt(done: int, total: int, note: str) -> None:
        if done > 30:
            raise KeyboardInterrupt

    with workledger.open("memory:") as whole:
        count = history(whole, 7, until=UNTIL, length=SHORT)
        expected = [(row.stream_id, row.data, row.at) for row in whole.read(0, count)]
    with workledger.open(sqlite_url) as ledger:
        with pytest.raises(KeyboardInterrupt):
            history(ledger, 7, until=UNTIL, length=SHORT, progress=interrupt)
        assert 0 < ledger.head() < count
        for _ in range(2):
            assert history(ledger, 7, until=UNTIL + timedelta(days=1), length=SHORT) == count
            assert [(row.stream_id, row.data, row.at) for row in ledger.read(0, count + 1)] == expected


@contextmanager
def playing(ledger: Workledger) -> Iterator[Live]:
    """A hurried play, with a projector that keeps the tables up."""
    ledger.catch_up()
    loop = ProjectorLoop(ledger.projector)
    deaf = ledger.listen(loop.wake)
    loop.start()
    live = Live(ledger, 7, tempo=HURRIED)
    live.start()
    try:
        yield live
    finally:
        live.stop()
        deaf()
        loop.stop()
        ledger.catch_up()


@pytest.fixture
def played(sqlite_url: str) -> Iterator[Workledger]:
    """A ledger with a past that has just ended."""
    with workledger.open(sqlite_url) as ledger:
        history(ledger, 7, length=SHORT)
        yield ledger


def wait_until(holds: Callable[[], object], seconds: float = 60) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up, "it never happened"
        time.sleep(0.02)


def test_live_the_work_goes_on(played: Workledger, caplog: pytest.LogCaptureFixture) -> None:
    head = played.head()
    wanted = {"task.created", "task.assigned", "task.approved", "agent_run.completed", "agent_log.chunk_appended"}
    with playing(played):
        wait_until(lambda: wanted <= {row.topic for row in played.read(head, 100_000)})
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
    for group in GROUPS:
        assert verify(played.store, played.tables, group).differences == []


def test_it_ends_at_once_when_it_is_stopped(played: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it waits for: it would be an hour."""
    played.catch_up()
    live, waits = Live(played, 7), list[float]()
    wait = live._stopping.wait
    monkeypatch.setattr(live._stopping, "wait", lambda seconds: waits.append(seconds) or wait(3600))
    live.start()
    wait_until(lambda: waits)
    live.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "workledger-simulation"]


def test_people_may_meddle_while_it_plays(played: Workledger, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    with playing(played):
        for _ in range(12):
            rows = played.tables.all(Tasks.table.select().where(Tasks.c.board_column.in_(["in_progress", "backlog"])))
            for row in rows[:3]:
                with played.acting_as("user:ann"):
                    meddle(played, row["id"])
            time.sleep(0.1)
        crew = crews(played)[0]
        agent = next(iter(crew.agents))
        wait_until(lambda: dismissed(played, agent))
        head = played.head()
        wait_until(lambda: played.head() > head + 100)
    assert [one.getMessage() for one in caplog.records] == []


def meddle(ledger: Workledger, task_id: str) -> None:
    """Take the task away from whoever has it, and put it out of sight."""
    try:
        with ledger.edit(Task, task_id) as task:
            task.cancel(to="dropped")
    except workledger.Refused:
        return


def dismissed(ledger: Workledger, agent_id: str) -> bool:
    """Try to delete an agent, which works between two of its runs."""
    try:
        with ledger.edit(Agent, agent_id) as agent:
            agent.delete()
    except workledger.Refused:
        return ledger.find(Agent, agent_id) is None
    return True


def test_runs_that_were_lost_with_the_machine_are_taken_up_in_a_new_process(sqlite_url: str) -> None:
    with workledger.open(sqlite_url) as ledger:
        history(ledger, 7, until=datetime.now(UTC) - timedelta(days=1), length=SHORT)
        ledger.catch_up()
        runs = AgentRuns.table.select().where(AgentRuns.c.status == "running")
        lost = [row["id"] for row in ledger.tables.all(runs)]
        assert lost
        with playing(ledger):
            wait_until(lambda: all(taken_up(ledger, run) for run in lost))


def taken_up(ledger: Workledger, run_id: str) -> bool:
    topics = [past.event.TOPIC for past in ledger.history(AgentRun, run_id)]
    return "agent_run.failed" in topics and "agent_run.resumed" in topics[topics.index("agent_run.failed") :]
