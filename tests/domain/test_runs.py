"""Runs, sessions and logs in a ledger: what agent, run, task, project and session forbid each other (domain.md 3.3)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from workledger.domain.agent import (
    Agent,
    AgentAlreadyRunning,
    AgentNotFound,
    AgentToolNotAllowed,
    ConcurrencyLimitExceeded,
)
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunNotFound, AgentRunStarted
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import NameTaken, Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectHasRunningAgents, ProjectNotFound
from workledger.domain.services import runs
from workledger.domain.session import Session
from workledger.domain.session.events import SessionIsClosed, SessionNotFound, SessionProjectNotFound
from workledger.domain.session_feed import SessionFeed, publish
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskAlreadyAssigned, TaskNotFound
from workledger.domain.tool_calls import ToolCallDenied, ToolCalls, ToolCallStarted


@pytest.fixture
def project(ledger: Ledger) -> Project:
    return ledger.create(Project.create(name="Apollo", id="prj_1", max_concurrent_agents=2))


@pytest.fixture
def ann(ledger: Ledger, project: Project) -> Agent:
    return ledger.create(Agent.create(name="ann", id="ann", project_id=project.id))


@pytest.fixture
def bob(ledger: Ledger, project: Project) -> Agent:
    return ledger.create(Agent.create(name="bob", id="bob", project_id=project.id))


@pytest.fixture
def task(ledger: Ledger, project: Project) -> Task:
    return ledger.create(Task.create(title="Land", id="tsk_1", project_id=project.id))


def start(ledger: Ledger, agent_id: str, **options: Any) -> AgentRun:
    with ledger.unit() as unit:
        return runs.start_run(unit, agent_id=agent_id, **options)


def resume(ledger: Ledger, run: AgentRun, **said: Any) -> AgentRun:
    with ledger.unit() as unit:
        runs.resume_run(unit, run.id, **said)
    return ledger.get(AgentRun, run.id)


def stop(ledger: Ledger, run: AgentRun) -> None:
    with ledger.edit(AgentRun, run.id) as editing:
        editing.stop()


def crash(ledger: Ledger, run: AgentRun) -> None:
    with ledger.edit(AgentRun, run.id) as editing:
        editing.report_process(pid=7, provider_session_id="claude-1")
        editing.fail(cause="crash", error="boom")


def test_a_run_starts_as_its_agent_is_configured(ledger: Ledger, ann: Agent, task: Task) -> None:
    with ledger.edit(Agent, "ann") as editing:
        editing.change_config(patch={"model": "m", "max_turns": 9, "allowed_tools": ["Read"]})
    run = start(ledger, "ann", task_id=task.id, prompt="Go.")
    assert [past.event for past in ledger.history(AgentRun, run.id)] == [
        AgentRunStarted(
            agent_id="ann",
            agent_name="ann",
            project_id="prj_1",
            task_id="tsk_1",
            session_number=1,
            model="m",
            max_turns=9,
            allowed_tools=("Read",),
            prompt="Go.",
        )
    ]
    assert ledger.get(ToolCalls, run.id).allowed_tools == ("Read",)
    assert ledger.get(Agent, "ann").session_count == 1


def test_an_agent_runs_once_at_a_time(ledger: Ledger, ann: Agent) -> None:
    """domain.md 3.3, X12."""
    first = start(ledger, "ann")
    head = ledger.head()
    with pytest.raises(AgentAlreadyRunning):
        start(ledger, "ann")
    assert ledger.head() == head
    stop(ledger, first)
    assert start(ledger, "ann").session_number == 2


def test_a_task_has_one_live_run(ledger: Ledger, ann: Agent, bob: Agent, task: Task) -> None:
    """domain.md 3.3, X12."""
    first = start(ledger, "ann", task_id=task.id)
    with pytest.raises(TaskAlreadyAssigned):
        start(ledger, "bob", task_id=task.id)
    stop(ledger, first)
    with pytest.raises(TaskAlreadyAssigned):
        start(ledger, "bob", task_id=task.id)
    with ledger.edit(Task, task.id) as edited:
        edited.cancel()
    start(ledger, "bob", task_id=task.id)


def test_no_more_run_in_a_project_than_may(ledger: Ledger, project: Project) -> None:
    """A9: also not when eight start at once."""
    names = [f"agent{n}" for n in range(8)]
    for name in names:
        ledger.create(Agent.create(name=name, id=name, project_id=project.id))

    def attempt(name: str) -> AgentRun | Refused:
        try:
            return start(ledger, name)
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, names))
    refused = [one for one in outcomes if isinstance(one, Refused)]
    assert len(outcomes) - len(refused) == project.max_concurrent_agents
    assert {type(one) for one in refused} == {ConcurrencyLimitExceeded}


def test_a_run_needs_its_agent_its_task_and_its_project(ledger: Ledger, ann: Agent) -> None:
    head = ledger.head()
    with pytest.raises(AgentNotFound):
        start(ledger, "nobody")
    with pytest.raises(TaskNotFound):
        start(ledger, "ann", task_id="tsk_9")
    with pytest.raises(ProjectNotFound):
        start(ledger, "ann", project_id="prj_9")
    assert ledger.head() == head


def test_a_failed_run_leaves_its_place_and_takes_it_again(ledger: Ledger, ann: Agent, task: Task) -> None:
    """C15: each new process is the agent's next session, whichever run it is for."""
    first = start(ledger, "ann", task_id=task.id)
    crash(ledger, first)
    second = start(ledger, "ann", task_id=task.id)
    with pytest.raises(AgentAlreadyRunning):
        resume(ledger, first, new_process=True)
    stop(ledger, second)
    assert (second.session_number, resume(ledger, first, new_process=True).session_number) == (2, 3)
    with pytest.raises(AgentAlreadyRunning):
        start(ledger, "ann")
    assert ledger.get(Agent, "ann").session_count == 3


def test_a_paused_run_goes_on_in_its_process(ledger: Ledger, ann: Agent) -> None:
    run = start(ledger, "ann")
    with ledger.edit(AgentRun, run.id) as editing:
        editing.report_output()
        editing.ask_user(questions=["Which?"])
    resumed = resume(ledger, run, new_process=False, answers={"Which?": "That."})
    assert (resumed.status, resumed.session_number, resumed.pending_questions) == ("running", 1, None)
    assert ledger.get(Agent, "ann").session_count == 1


def test_two_processes_never_get_one_number(ledger: Ledger, ann: Agent) -> None:
    """C15: one who counted before another began counts again."""
    with ledger.unit() as slow:
        runs.start_run(slow, agent_id="ann", id="late")
        stop(ledger, start(ledger, "ann"))
    assert ledger.get(AgentRun, "late").session_number == 2
    assert ledger.get(Agent, "ann").session_count == 2


def test_tools_and_model_stay_while_a_run_is_live(ledger: Ledger, ann: Agent) -> None:
    run = start(ledger, "ann")
    for patch in ({"model": "m"}, {"allowed_tools": ["Read"]}):
        with pytest.raises(AgentAlreadyRunning), ledger.edit(Agent, "ann") as editing:
            editing.change_config(patch=patch)
    with ledger.edit(Agent, "ann") as editing:
        editing.change_config(patch={"max_turns": 9})
    stop(ledger, run)
    with ledger.edit(Agent, "ann") as editing:
        editing.change_config(patch={"model": "m"})
    assert ledger.get(Agent, "ann").config.model == "m"


def test_neither_agent_nor_project_is_deleted_under_a_live_run(ledger: Ledger, ann: Agent) -> None:
    """A18; domain.md 3.5, rule 9."""
    run = start(ledger, "ann")
    with pytest.raises(AgentAlreadyRunning), ledger.edit(Agent, "ann") as agent:
        agent.delete()
    with pytest.raises(ProjectHasRunningAgents), ledger.edit(Project, "prj_1") as project:
        project.delete()
    stop(ledger, run)
    with ledger.edit(Agent, "ann") as agent:
        agent.delete()
    with ledger.edit(Project, "prj_1") as project:
        project.delete()
    with ledger.edit(AgentRun, run.id) as ended:
        ended.report_exit(exit_code=0)
    assert ledger.get(AgentRun, run.id).exit_code == 0


def test_a_name_is_free_again_when_its_agent_is_deleted(ledger: Ledger, ann: Agent) -> None:
    """C2."""
    with pytest.raises(NameTaken):
        ledger.create(Agent.create(name="ann", project_id="prj_1"))
    ledger.create(Agent.create(name="ann"))
    with ledger.edit(Agent, "ann") as editing:
        editing.delete()
    ledger.create(Agent.create(name="ann", project_id="prj_1"))


def test_a_denied_tool_is_recorded_and_refused(ledger: Ledger, ann: Agent) -> None:
    """A19."""
    run = start(ledger, "ann", allowed_tools=("Read",))
    call = runs.start_tool_call(ledger, run.id, tool="Read", turn_number=1, input={"path": "README.md"})
    for _ in range(2):
        with pytest.raises(AgentToolNotAllowed) as refusal:
            runs.start_tool_call(ledger, run.id, tool="Bash", turn_number=1, tool_call_id="c2")
        assert refusal.value.details == {"tool": "Bash"}
    of_run = {"turn_number": 1, "agent_id": "ann", "agent_run_id": run.id, "project_id": "prj_1"}
    assert [past.event for past in ledger.history(ToolCalls, run.id)][1:] == [
        ToolCallStarted(tool_call_id=call, tool="Read", input={"path": "README.md"}, **of_run),
        ToolCallDenied(tool_call_id="c2", tool="Bash", reason="tool not allowed", **of_run),
    ]
    with pytest.raises(AgentRunNotFound):
        runs.start_tool_call(ledger, "run_9", tool="Read", turn_number=1)


def test_a_session_is_published_in_until_it_is_closed(ledger: Ledger, project: Project) -> None:
    """A12: offsets 1, 2, and so on; then SESSION_CLOSED, and the feed stays."""
    session = ledger.create(Session.create(project_id=project.id))

    def say(session_id: str, data: str) -> None:
        with ledger.unit() as unit:
            publish(unit, session_id=session_id, channel="chunks", type="text", data=data)

    say(session.id, "one")
    say(session.id, "two")
    with ledger.edit(Session, session.id) as editing:
        editing.fail(code="CONNECTION_TIMEOUT")
        editing.close()
    with pytest.raises(SessionIsClosed):
        say(session.id, "three")
    with pytest.raises(SessionNotFound):
        say("ses_9", "one")
    with pytest.raises(SessionProjectNotFound):
        ledger.create(Session.create(project_id="prj_9"))
    feed = ledger.history(SessionFeed, session.id)
    assert [(past.version, past.event.model_dump()["data"]) for past in feed] == [(1, "one"), (2, "two")]


def test_a_url_is_free_again_when_its_session_is_closed(ledger: Ledger, project: Project) -> None:
    """A12."""
    first = ledger.create(Session.create(project_id=project.id, url="/demo"))
    with pytest.raises(NameTaken):
        ledger.create(Session.create(project_id=project.id, url="/demo"))
    with ledger.edit(Session, first.id) as editing:
        editing.activate()
        editing.close()
    ledger.create(Session.create(project_id=project.id, url="/demo"))


def test_a_session_closes_when_its_project_is_gone(ledger: Ledger, project: Project) -> None:
    """domain.md 3.5, rule 3."""
    session = ledger.create(Session.create(project_id=project.id))
    with ledger.edit(Project, project.id) as editing:
        editing.delete()
    with pytest.raises(SessionProjectNotFound), ledger.edit(Session, session.id) as opened:
        opened.activate()
    with ledger.edit(Session, session.id) as opened:
        opened.fail(code="PROJECT_DELETED")
        opened.close()
    assert ledger.get(Session, session.id).status == "closed"


def test_a_log_is_numbered_by_itself_and_survives_its_agent(ledger: Ledger, ann: Agent) -> None:
    """C15."""

    def write(content: str, session_number: int) -> None:
        with ledger.unit() as unit:
            append_chunk(unit, agent_id="ann", agent_name="ann", session_number=session_number, content=content)

    write("one", 1)
    write("two", 1)
    write("again", 2)
    with ledger.edit(Agent, "ann") as editing:
        editing.delete()
    write("late", 2)
    seen = [
        (past.version, past.event.content)
        for number in (1, 2)
        for past in ledger.history(AgentLog, AgentLog.id_of("ann", number))
        if isinstance(past.event, AgentLogChunkAppended)
    ]
    assert seen == [(1, "one"), (2, "two"), (1, "again"), (2, "late")]
