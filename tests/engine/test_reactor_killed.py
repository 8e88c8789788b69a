"""R5: policies that are killed between any two of their steps, and started again, have each effect exactly once."""

from collections import Counter
from collections.abc import Iterator

import pytest

import workledger
from support import reactor_process, writers
from support.policy_desk import Desk
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunResumed
from workledger.domain.conversation import Conversation
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.events import TaskRetryScheduled, TaskUnblocked


@pytest.fixture(params=["sqlite_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
def desk(url: str) -> Iterator[Desk]:
    """Two tasks may go on, one is to be tried again, and an agent that waits is asked something."""
    with workledger.open(url) as ledger:
        desk = Desk(ledger)
        prepare(desk, "lex", "one", "two")
        yield desk


def prepare(desk: Desk, done: str, *waiting: str) -> None:
    """In one append, as each takes its time on a disk."""
    again, worker, run = f"{done}_again", f"{done}er", f"r_{done}"
    asked, waiting_run = f"{done}_asked", f"w_{done}"
    with desk.ledger.unit() as unit:
        unit.create(Agent.create(id=worker, name=worker, project_id="p"))
        for id in (done, again, *waiting):
            unit.create(Task.create(id=id, title=id, project_id="p"))
        for id in waiting:
            unit.edit(Task, id).add_dependency(depends_on_task_id=done)
            unit.edit(Task, id).block(reason="dependency")
        for id in (done, again):
            unit.edit(Task, id).assign(agent_id=worker)
        start_run(unit, id=run, agent_id=worker, task_id=again)
        unit.edit(AgentRun, run).fail(cause="crash", error="Killed.")
        unit.edit(Task, done).finish_work(turn_count=1, approval="none")
        unit.create(Agent.create(id=asked, name=asked))
        start_run(unit, id=waiting_run, agent_id=asked)
        unit.edit(AgentRun, waiting_run).report_output()
        unit.edit(AgentRun, waiting_run).ask_user(questions=["Tabs?"])
        unit.create(Conversation.create(from_agent_id=worker, to_agent_id=asked, question="Which port?"))


def effects(ledger: Workledger) -> Counter[str]:
    """How often each task was freed or tried again, and each run resumed."""
    rows = ledger.read(topics=[TaskUnblocked.TOPIC, TaskRetryScheduled.TOPIC, AgentRunResumed.TOPIC])
    assert {row.actor for row in rows} <= {"automation"}
    return Counter(row.stream_id for row in rows)


ONCE = {"task-one": 1, "task-two": 1, "task-lex_again": 1, "agent_run-w_lex": 1}


def test_killed_at_every_step_they_act_exactly_once(desk: Desk, url: str) -> None:
    """Kill -9 the first time that a step is come to, again and again until there is no new one."""
    killed: list[str] = []
    for _ in range(100):
        with writers.running(reactor_process.react_step_by_step, url) as (process, pipe):
            try:
                while (step := pipe.recv()) in killed:
                    pipe.send("go on")
            except EOFError:
                writers.finish(process)
                break
            killed.append(step)
            writers.kill(process)
    assert sum("append" in step for step in killed) == 2 * len(ONCE)
    assert sum("write" in step for step in killed) > len(reactor_process.POLICIES), "as they began, and as they went on"
    assert effects(desk.ledger) == ONCE


def test_several_at_once_act_exactly_once(desk: Desk, url: str) -> None:
    """Whatever the lease says: one that was given up for dead and is not does no harm."""
    for number in range(4):
        prepare(desk, f"t{number}", f"a{number}", f"b{number}")
    with (
        writers.running(reactor_process.react_together, url) as one,
        writers.running(reactor_process.react_together, url) as two,
    ):
        for _, pipe in (one, two):
            assert pipe.recv() == "ready"
        for _, pipe in (one, two):
            pipe.send("go")
        for process, _ in (one, two):
            writers.finish(process)
    assert set(effects(desk.ledger).values()) == {1}
    assert effects(desk.ledger).total() == len(ONCE) * 5
