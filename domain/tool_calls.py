"""The tool calls of one run: what was called, whether it was allowed, and its result (domain.md 2.2)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunNotFound
from workledger.domain.kernel.aggregate import Aggregate, Event, Frozen, New, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.fields import Count, Json, Name, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound
from workledger.domain.project import Project
from workledger.domain.task import Task

Status = Literal["pending", "running", "complete", "error", "denied"]
"""AgentPane's statuses. A call is recorded once it runs or is denied, so `pending` does not occur."""


class ToolCall(Frozen):
    """The state of one call."""

    tool: str
    status: Status


class OfCall(Frozen):
    """Events of one call, which set its status."""

    tool_call_id: str
    tool: str
    status: Status

    def changes(self, before: "ToolCalls") -> dict[str, Any]:
        return {"calls": {**before.calls, self.tool_call_id: ToolCall(tool=self.tool, status=self.status)}}


class ToolCallsOpened(Event, topic="tool_calls.opened"):
    """The record of a run's tool calls was opened; `allowed_tools` None: any."""

    agent_run_id: str
    agent_id: str
    agent_name: str | None = None
    project_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    allowed_tools: tuple[str, ...] | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Agent.exists(self.agent_id)
        if self.project_id:
            yield Project.exists(self.project_id)
        if self.task_id:
            yield Task.exists(self.task_id)


class ToolCallStarted(OfCall, Event, topic="tool_calls.call_started"):
    """The run called a tool."""

    status: Literal["running"] = "running"
    input: Any = None
    turn_number: int
    agent_id: str
    agent_run_id: str
    task_id: str | None = None
    project_id: str | None = None


class ToolCallDenied(OfCall, Event, topic="tool_calls.call_denied"):
    """The call was denied: the run may not use the tool (A19), or a user rejected a running call."""

    status: Literal["denied"] = "denied"
    input: Any = None
    turn_number: int
    agent_id: str
    agent_run_id: str
    task_id: str | None = None
    project_id: str | None = None
    reason: str


class ToolCallCompleted(OfCall, Event, topic="tool_calls.call_completed"):
    """The call returned; `duration_ms` is in milliseconds."""

    status: Literal["complete"] = "complete"
    output: Any = None
    duration_ms: int | None = None


class ToolCallFailed(OfCall, Event, topic="tool_calls.call_failed"):
    """The call failed; `duration_ms` is in milliseconds."""

    status: Literal["error"] = "error"
    error: str
    duration_ms: int | None = None


class ToolCallNotFound(NotFound):
    """There is no such tool call."""

    code = "TOOL_CALL_NOT_FOUND"


class ToolCallInvalidTransition(InvalidTransition):
    """A tool call that is {state} does not accept {command}."""

    code = "TOOL_CALL_INVALID_TRANSITION"


CallId = Annotated[str, Field(min_length=1, max_length=200)]


class ToolCalls(
    Aggregate, category="tool_calls", prefix="run", not_found=AgentRunNotFound, invalid=ToolCallInvalidTransition
):
    """The tool calls of one run; its id is that of the run."""

    agent_run_id: str
    agent_id: str
    project_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    allowed_tools: tuple[str, ...] | None = None
    calls: dict[str, ToolCall] = Field(default_factory=dict)

    def tags(self) -> dict[str, str | None]:
        return {
            "agent": self.agent_id,
            "project": self.project_id,
            "run": self.agent_run_id,
            "session": self.session_id,
            "task": self.task_id,
        }

    def belongs_to(self) -> Iterable[Require]:
        yield AgentRun.exists(self.agent_run_id)

    def allows(self, tool: str) -> bool:
        return self.allowed_tools is None or tool in self.allowed_tools

    @classmethod
    @command
    def open(
        cls,
        *,
        agent_run_id: Id,
        agent_id: Id,
        agent_name: Name | None = None,
        project_id: Id | None = None,
        task_id: Id | None = None,
        session_id: Id | None = None,
        allowed_tools: tuple[Name, ...] | None = None,
    ) -> "New[ToolCalls]":
        """Open the record of a run's tool calls; `runs.start_run` does so with the run.

        Args:
            allowed_tools: the tools that the run may use; None: any.
        """
        event = ToolCallsOpened(
            agent_run_id=agent_run_id,
            agent_id=agent_id,
            agent_name=agent_name,
            project_id=project_id,
            task_id=task_id,
            session_id=session_id,
            allowed_tools=allowed_tools,
        )
        return New(ToolCalls, agent_run_id, [event])

    @command
    def start(
        self, *, tool: Name, turn_number: Count, input: Json = None, tool_call_id: CallId | None = None
    ) -> list[Event]:
        """Record a call, as denied when its tool is not allowed (A19); `runs.start_tool_call` refuses it too.

        Raises:
            ToolCallInvalidTransition: another tool's call has this id.
        """
        id = tool_call_id or new_id("call")
        known = self.calls.get(id)
        if known is not None:
            if known.tool != tool:
                raise ToolCallInvalidTransition(kind="tool_call", state=known.status, command="start")
            return []
        kind, why = (ToolCallStarted, {}) if self.allows(tool) else (ToolCallDenied, {"reason": "tool not allowed"})
        return [
            kind(
                tool_call_id=id,
                tool=tool,
                input=input,
                turn_number=turn_number,
                agent_id=self.agent_id,
                agent_run_id=self.agent_run_id,
                task_id=self.task_id,
                project_id=self.project_id,
                **why,
            )
        ]

    @command
    def complete(self, *, tool_call_id: CallId, output: Json = None, duration_ms: Count | None = None) -> list[Event]:
        """Report that a running call returned.

        Raises:
            ToolCallNotFound: no such call has started.
            ToolCallInvalidTransition: it has failed or was denied.
        """
        call = self._running(tool_call_id, "complete", "complete")
        if call is None:
            return []
        return [ToolCallCompleted(tool_call_id=tool_call_id, tool=call.tool, output=output, duration_ms=duration_ms)]

    @command
    def fail(
        self,
        *,
        tool_call_id: CallId,
        error: Text,
        duration_ms: Count | None = None,
    ) -> list[Event]:
        """Report that a running call failed.

        Raises:
            ToolCallNotFound: no such call has started.
            ToolCallInvalidTransition: it is complete or was denied.
        """
        call = self._running(tool_call_id, "error", "fail")
        if call is None:
            return []
        return [ToolCallFailed(tool_call_id=tool_call_id, tool=call.tool, error=error, duration_ms=duration_ms)]

    def _running(self, tool_call_id: str, wanted: str, command: str) -> ToolCall | None:
        """The running call; None when it already has the status."""
        call = self.calls.get(tool_call_id)
        if call is None:
            raise ToolCallNotFound(id=tool_call_id)
        if call.status == wanted:
            return None
        if call.status != "running":
            raise ToolCallInvalidTransition(kind="tool_call", state=call.status, command=command)
        return call
