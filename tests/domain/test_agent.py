"""Agents: limits, names, configs, and what a live run forbids."""

import pytest

from workledger.domain.agent import (
    Agent,
    AgentAlreadyRunning,
    AgentConfig,
    AgentConfigChanged,
    AgentCreated,
    AgentDeleted,
    AgentDismissed,
    AgentNameTaken,
    AgentRenamed,
    AgentSessionStarted,
    run_of_agent,
    take_name,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Claim, Release, Take, Vacancy
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.project import Project
from workledger.domain.project.events import DEFAULT_TOOLS
from workledger.testing import given

TOOLS = ["Read", "Edit", "Write", "Bash", "Grep", "Glob", "WebFetch", "TodoWrite"]

ann = AgentCreated(name="ann", project_id="prj_1")


def fold(*events: Event) -> Agent:
    state = Agent.fold("agt_1", events)
    assert state is not None
    return state


def claims(event: Event, *before: Event) -> list[Claim]:
    return list(event.claims(Agent.fold("agt_1", before), "agt_1"))


def test_an_agent_begins_with_the_defaults() -> None:
    """A1, C1: type task, provider claude, five tools, 50 turns."""
    new = Agent.create(name="ann")
    agent = Agent.fold(new.id, new.events)
    assert agent is not None
    assert new.id.startswith("agt_")
    assert (agent.type, agent.provider, agent.session_count, agent.dismissed) == ("task", "claude", 0, False)
    assert agent.config == AgentConfig(allowed_tools=DEFAULT_TOOLS, max_turns=50, model="claude-sonnet-4-20250514")
    assert DEFAULT_TOOLS == ("Read", "Edit", "Bash", "Glob", "Grep")


@pytest.mark.parametrize("type", ["task", "conversational", "background"])
def test_every_type_is_accepted(type: str) -> None:
    """A1."""
    assert Agent.create(name="ann", type=type).events == [AgentCreated(name="ann", type=type)]


@pytest.mark.parametrize("type", ["", "Task", "foreground", None])
def test_every_other_type_is_refused(type: str) -> None:
    """A1."""
    with pytest.raises(InvalidInput):
        Agent.create(name="ann", type=type)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_tool_can_be_allowed(tool: str) -> None:
    given(Agent, ann).when(Agent.change_config, patch={"allowed_tools": [tool]}).then(
        AgentConfigChanged(patch={"allowed_tools": [tool]}, config=AgentConfig(allowed_tools=(tool,)))
    )


def test_any_tool_can_be_allowed_at_once() -> None:
    patch = {"allowed_tools": None}
    given(Agent, ann).when(Agent.change_config, patch=patch).then(
        AgentConfigChanged(patch=patch, config=AgentConfig(allowed_tools=None))
    )


@pytest.mark.parametrize(
    "patch",
    [
        {"allowed_tools": ["bash"]},
        {"allowed_tools": ["Bash", "Sudo"]},
        {"max_turns": 0},
        {"max_turns": 501},
        {"temperature": -0.01},
        {"temperature": 1.01},
        {"colour": "red"},
    ],
)
def test_a_config_out_of_bounds_is_refused(patch: dict[str, object]) -> None:
    """A2: below and above."""
    given(Agent, ann).when(Agent.change_config, patch=patch).refused(InvalidInput)


@pytest.mark.parametrize(
    "patch", [{"max_turns": 1}, {"max_turns": 2}, {"max_turns": 500}, {"temperature": 0}, {"temperature": 1}]
)
def test_a_config_at_its_bounds_is_accepted(patch: dict[str, object]) -> None:
    """A2: at and within."""
    config = AgentConfig.model_validate(patch)
    given(Agent, ann).when(Agent.change_config, patch=patch).then(AgentConfigChanged(patch=patch, config=config))


def test_a_patch_leaves_the_rest_of_the_config() -> None:
    first = AgentConfigChanged(patch={"max_turns": 9}, config=AgentConfig(max_turns=9))
    given(Agent, ann, first).when(Agent.change_config, patch={"model": "m"}).then(
        AgentConfigChanged(patch={"model": "m"}, config=AgentConfig(max_turns=9, model="m"))
    )


def test_a_patch_that_changes_nothing_writes_nothing() -> None:
    given(Agent, ann).when(Agent.change_config, patch={"max_turns": 50}).then()


@pytest.mark.parametrize("length", [1, 2, 99, 100])
def test_a_name_may_have_up_to_100_characters(length: int) -> None:
    """A2: at and within."""
    name = "n" * length
    assert Agent.create(name=name).events == [AgentCreated(name=name)]
    given(Agent, ann).when(Agent.rename, name=name).then(AgentRenamed(name=name))


@pytest.mark.parametrize("length", [0, 101])
def test_a_name_may_be_neither_empty_nor_longer(length: int) -> None:
    """A2: below and above."""
    with pytest.raises(InvalidInput):
        Agent.create(name="n" * length)
    given(Agent, ann).when(Agent.rename, name="n" * length).refused(InvalidInput)


def test_the_same_name_changes_nothing() -> None:
    given(Agent, ann).when(Agent.rename, name="ann").then()


def test_a_name_is_taken_in_the_project() -> None:
    """C2: unique in its project, and among the agents of none."""
    assert claims(ann) == [Take("agent:agt_1"), Take("agent_name:prj_1:ann", AgentNameTaken)]
    assert claims(AgentCreated(name="ann")) == [Take("agent:agt_1"), Take("agent_name::ann", AgentNameTaken)]
    assert list(fold(ann).requires()) == [Project.exists("prj_1")]
    assert list(fold(AgentCreated(name="ann")).requires()) == []


def test_a_new_name_frees_the_old() -> None:
    """C2."""
    assert claims(AgentRenamed(name="bob"), ann) == [
        Release("agent_name:prj_1:ann"),
        take_name("prj_1", "bob"),
    ]


def test_a_deleted_agent_frees_its_name_and_has_no_live_run() -> None:
    """C2; domain.md 3.5, rule 9."""
    given(Agent, ann).when(Agent.delete).then(AgentDeleted(name="ann"))
    assert claims(AgentDeleted(name="ann"), ann) == [
        Vacancy(run_of_agent("agt_1"), AgentAlreadyRunning, capacity=1),
        Release("agent:agt_1"),
        Release("agent_name:prj_1:ann"),
    ]


@pytest.mark.parametrize("patch", [{"model": "m"}, {"allowed_tools": ("Read",)}])
def test_tools_and_model_stay_while_a_run_is_live(patch: dict[str, object]) -> None:
    changed = AgentConfigChanged(patch=patch, config=AgentConfig.model_validate(patch))
    assert claims(changed, ann) == [Vacancy(run_of_agent("agt_1"), AgentAlreadyRunning, capacity=1)]


@pytest.mark.parametrize("patch", [{"max_turns": 9}, {"temperature": 0.5}, {"system_prompt": "Be brief."}])
def test_the_rest_of_the_config_may_change_under_a_live_run(patch: dict[str, object]) -> None:
    assert claims(AgentConfigChanged(patch=patch, config=AgentConfig.model_validate(patch)), ann) == []


def test_sessions_are_counted_one_by_one() -> None:
    """C15: the first session is 1, the next is 2."""
    first = AgentSessionStarted(session_number=1, agent_run_id="run_1")
    second = AgentSessionStarted(session_number=2, agent_run_id="run_1")
    given(Agent, ann).when(Agent.start_session, session_number=1, agent_run_id="run_1").then(first)
    given(Agent, ann, first).when(Agent.start_session, session_number=2, agent_run_id="run_1").then(second)


@pytest.mark.parametrize("number", [1, 3, 10**12])
def test_a_session_number_seen_too_early_or_too_late_is_refused(number: int) -> None:
    first = AgentSessionStarted(session_number=1, agent_run_id="run_1")
    given(Agent, ann, first).when(Agent.start_session, session_number=number, agent_run_id="run_2").refused(
        ConcurrencyConflict
    )


@pytest.mark.parametrize("number", [0, -1, -(2**63), 10**12 + 1])
def test_sessions_are_numbered_from_one_on(number: int) -> None:
    given(Agent, ann).when(Agent.start_session, session_number=number, agent_run_id="run_1").refused(InvalidInput)


def test_a_dismissed_agent_is_out_of_sight_until_it_runs_again() -> None:
    """C24."""
    given(Agent, ann).when(Agent.dismiss).then(AgentDismissed())
    given(Agent, ann, AgentDismissed()).when(Agent.dismiss).then()
    again = AgentSessionStarted(session_number=1, agent_run_id="run_1")
    given(Agent, ann, AgentDismissed(), again).when(Agent.dismiss).then(AgentDismissed())


def test_its_events_are_found_by_agent_and_project() -> None:
    assert fold(ann).tags() == {"agent": "agt_1", "project": "prj_1"}
