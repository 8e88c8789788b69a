"""What happens to the tool calls of a run, as it is stored: a stream of its own for each run (DOMAIN.md D7 and 3.4).

Every event names whose call it is, so that an audit row can be written from it alone.
"""

from typing import Any, Literal

from workledger.domain.kernel import Event, Frozen
from workledger.domain.refusals import NotFound, Refused


class ToolCall(Frozen):
    tool: str
    status: str


class OfCall(Frozen):
    """What the events of one call share: they leave it in their status."""

    tool_call_id: str
    tool: str
    status: str

    def changes(self, before: Any) -> dict[str, Any]:
        return {"calls": {**before.calls, self.tool_call_id: ToolCall(tool=self.tool, status=self.status)}}


class ToolCallsOpened(Event, topic="tool_calls.opened"):
    """The run begins; `allowed_tools` None: any."""

    agent_run_id: str
    agent_id: str
    agent_name: str | None = None
    project_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    allowed_tools: tuple[str, ...] | None = None


class ToolCallStarted(OfCall, Event, topic="tool_calls.call_started"):
    status: Literal["running"] = "running"
    input: Any = None
    turn_number: int
    agent_id: str
    agent_run_id: str
    task_id: str | None = None
    project_id: str | None = None


class ToolCallDenied(OfCall, Event, topic="tool_calls.call_denied"):
    """The tool was not called: it is not among those the run may use (A19), or somebody said no to a call begun."""

    status: Literal["denied"] = "denied"
    input: Any = None
    turn_number: int
    agent_id: str
    agent_run_id: str
    task_id: str | None = None
    project_id: str | None = None
    reason: str


class ToolCallCompleted(OfCall, Event, topic="tool_calls.call_completed"):
    status: Literal["complete"] = "complete"
    output: Any = None
    duration_ms: int | None = None


class ToolCallFailed(OfCall, Event, topic="tool_calls.call_failed"):
    status: Literal["error"] = "error"
    error: str
    duration_ms: int | None = None


class ToolCallNotFound(NotFound):
    """There is no such tool call."""

    code = "TOOL_CALL_NOT_FOUND"


class ToolCallInvalidTransition(Refused):
    """A tool call that is {status} cannot be {wanted}."""

    code = "TOOL_CALL_INVALID_TRANSITION"
