"""The tool calls of a run: allowed, denied, and what came of them (domain.md 2.2)."""

from typing import Any

import pytest

from support.tool_call_states import EXAMPLES, LIVES, OF, completed, denied, failed, open_to_all, opened, started
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.tool_calls import (
    ToolCallDenied,
    ToolCallInvalidTransition,
    ToolCallNotFound,
    ToolCalls,
    ToolCallStarted,
)
from workledger.testing import given


def test_an_allowed_tool_is_called() -> None:
    given(ToolCalls, opened).when(
        ToolCalls.start, tool="Bash", input={"command": "ls"}, turn_number=3, tool_call_id="c1"
    ).then(started)


def test_a_tool_outside_the_whitelist_is_denied_and_recorded() -> None:
    """A19."""
    given(ToolCalls, opened).when(ToolCalls.start, tool="WebFetch", turn_number=3, tool_call_id="c1").then(denied)


@pytest.mark.parametrize("tool", ["Read", "WebFetch", "mcp__tracker__search"])
def test_without_a_whitelist_every_tool_is_allowed(tool: str) -> None:
    """A19."""
    given(ToolCalls, open_to_all).when(ToolCalls.start, tool=tool, turn_number=1, tool_call_id="c1").then(
        ToolCallStarted(tool_call_id="c1", tool=tool, turn_number=1, **OF)
    )


def test_an_empty_whitelist_allows_none() -> None:
    """A19."""
    none = opened.model_copy(update={"allowed_tools": ()})
    (event,) = given(ToolCalls, none).when(ToolCalls.start, tool="Read", turn_number=1).events
    assert isinstance(event, ToolCallDenied)


def test_a_call_without_an_id_is_given_one() -> None:
    calls = ToolCalls.fold("run_1", [opened])
    assert calls is not None
    first, second = (calls.start(tool="Bash", turn_number=1)[0] for _ in range(2))
    assert isinstance(first, ToolCallStarted)
    assert isinstance(second, ToolCallStarted)
    assert first.tool_call_id.startswith("call_")
    assert first.tool_call_id != second.tool_call_id


END = {name: EXAMPLES[name][0] for name in ("complete", "fail")}
MACHINE: dict[tuple[str, str], list[Event] | type[Exception]] = {
    ("unknown", "complete"): ToolCallNotFound,
    ("unknown", "fail"): ToolCallNotFound,
    ("running", "complete"): [completed],
    ("running", "fail"): [failed],
    ("complete", "complete"): [],
    ("complete", "fail"): ToolCallInvalidTransition,
    ("error", "complete"): ToolCallInvalidTransition,
    ("error", "fail"): [],
    ("denied", "complete"): ToolCallInvalidTransition,
    ("denied", "fail"): ToolCallInvalidTransition,
}


@pytest.mark.parametrize("status", LIVES)
@pytest.mark.parametrize("command", END)
def test_a_running_call_ends_once(status: str, command: str) -> None:
    """pending to running to complete or error, plus denied, and no other."""
    tried = given(ToolCalls, *LIVES[status]).when(getattr(ToolCalls, command), **END[command])
    match MACHINE[status, command]:
        case list() as events:
            tried.then(*events)
        case refusal:
            tried.refused(refusal)


@pytest.mark.parametrize("status", ["running", "complete", "error"])
def test_a_call_reported_twice_is_one(status: str) -> None:
    given(ToolCalls, *LIVES[status]).when(ToolCalls.start, tool="Bash", turn_number=3, tool_call_id="c1").then()


def test_a_denied_call_reported_twice_is_one() -> None:
    given(ToolCalls, opened, denied).when(ToolCalls.start, tool="WebFetch", turn_number=3, tool_call_id="c1").then()


def test_the_id_of_a_call_is_not_used_for_another_tool() -> None:
    given(ToolCalls, opened, started).when(ToolCalls.start, tool="Read", turn_number=3, tool_call_id="c1").refused(
        ToolCallInvalidTransition
    )


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("start", {"tool": "", "turn_number": 1}),
        ("start", {"tool": "Bash", "turn_number": -1}),
        ("start", {"tool": "Bash", "turn_number": 1, "input": object()}),
        ("complete", {"tool_call_id": "c1", "duration_ms": -1}),
        ("fail", {"tool_call_id": "c1", "error": "x" * 100_001}),
    ],
)
def test_invalid_arguments_are_refused(command: str, wrong: dict[str, Any]) -> None:
    """A2."""
    given(ToolCalls, opened, started).when(getattr(ToolCalls, command), **wrong).refused(InvalidInput)


def test_they_belong_to_their_run() -> None:
    new = ToolCalls.open(agent_run_id="run_1", agent_id="agt_1", session_id="ses_1")
    calls = ToolCalls.fold(new.id, new.events)
    assert calls is not None
    assert new.id == "run_1"
    assert list(calls.requires()) == [AgentRun.exists("run_1")]
    assert calls.tags() == {"agent": "agt_1", "project": None, "run": "run_1", "session": "ses_1", "task": None}
