"""The events that a transcript is recorded as."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workledger.adapters.claude_code.about import About, model_name
from workledger.adapters.claude_code.adoption import SESSION_NUMBER
from workledger.adapters.claude_code.entries import ToolEnded, ToolUsed, Turn
from workledger.adapters.claude_code.files import ThreadId
from workledger.adapters.importing import digest
from workledger.adapters.redaction import Redact
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import (
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunStarted,
    AgentTurnCompleted,
    AgentTurnCorrected,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.session.events import SessionActivated, SessionClosed, SessionClosing, SessionOpened, address
from workledger.domain.tool_calls import (
    ToolCallCompleted,
    ToolCallDenied,
    ToolCallFailed,
    ToolCallsOpened,
    ToolCallStarted,
)

TURNS = 500
"""Claude Code knows no limit of turns; this is the highest that an agent may have."""

UNKNOWN = "unknown"
"""The model of a turn whose lines do not say it: a run may change its model, so the run's says nothing."""

LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Whose:
    """The ids of the session, agent, run, project and task of a thread, and the folder that it began in, redacted."""

    session_id: str
    agent_id: str
    agent_name: str
    run_id: str
    project_id: str
    task_id: str | None
    folder: str | None


def agent_id(thread: ThreadId) -> str:
    """The id of the agent of a thread: the session's own, or a sub-agent."""
    return _id(Agent.PREFIX, thread)


def run_id(thread: ThreadId) -> str:
    return _id(AgentRun.PREFIX, thread)


def agent_of(run_id: str) -> str:
    """The agent of an imported run: their ids differ in the prefix alone."""
    return f"{Agent.PREFIX}_{run_id.partition('_')[2]}"


def _id(prefix: str, thread: ThreadId) -> str:
    id = "_".join(filter(None, (prefix, thread.session_id, thread.subagent_id)))
    return id if len(id) <= LONGEST_ID else f"{prefix}_{digest(thread.session_id, thread.subagent_id or '')}"


def session(whose: Whose, title: str | None) -> list[Event]:
    opened = SessionOpened(
        project_id=whose.project_id,
        task_id=whose.task_id,
        agent_id=whose.agent_id,
        title=title,
        url=address(whose.session_id),
    )
    return [opened, SessionActivated()]


def session_end() -> list[Event]:
    return [SessionClosing(reason="import"), SessionClosed(status="closed", reason="import")]


def run(whose: Whose, about: About, output_file: str) -> list[Event]:
    started = AgentRunStarted(
        agent_id=whose.agent_id,
        agent_name=whose.agent_name,
        project_id=whose.project_id,
        task_id=whose.task_id,
        session_id=whose.session_id,
        session_number=SESSION_NUMBER,
        model=about.model,
        max_turns=TURNS,
        worktree_path=whose.folder,
        prompt=about.prompt,
    )
    spawned = AgentProcessSpawned(
        session_number=SESSION_NUMBER, provider_session_id=whose.session_id, output_file_path=output_file
    )
    return [started, spawned, AgentRunBegan()]


def run_end(run: AgentRun, result: str | None, began: datetime, ended: datetime) -> AgentRunCompleted:
    return AgentRunCompleted(
        result=result,
        turn_count=run.turn_count,
        token_input_count=run.token_input_count,
        token_output_count=run.token_output_count,
        cost_usd=run.cost_usd,
        duration_ms=round((ended - began).total_seconds() * 1000),
    )


def turn(turn: Turn, redact: Redact) -> AgentTurnCompleted:
    return AgentTurnCompleted(**_told_of(turn, redact))


def correction(turn: Turn, redact: Redact) -> AgentTurnCorrected:
    return AgentTurnCorrected(**_told_of(turn, redact))


def _told_of(turn: Turn, redact: Redact) -> dict[str, Any]:
    """What a turn's event and its correction both tell; the usage of a correction is the difference."""
    usage = turn.usage
    return {
        "turn": turn.number,
        "tokens_in": usage.tokens_in,
        "tokens_out": usage.tokens_out,
        "cache_tokens": usage.cache_read + usage.cache_write,
        "cache_read_tokens": usage.cache_read,
        "cache_write_tokens": usage.cache_write,
        "tool_call_count": turn.tool_calls,
        "model": model_name(turn.model, redact) or UNKNOWN,
        "message_id": turn.message_id,
    }


def tool_calls(whose: Whose) -> ToolCallsOpened:
    return ToolCallsOpened(
        agent_run_id=whose.run_id,
        agent_id=whose.agent_id,
        agent_name=whose.agent_name,
        project_id=whose.project_id,
        task_id=whose.task_id,
        session_id=whose.session_id,
    )


def tool_call(call: ToolUsed, whose: Whose) -> ToolCallStarted:
    return ToolCallStarted(
        tool_call_id=call.id,
        tool=call.tool,
        input=call.input,
        turn_number=call.turn,
        agent_id=whose.agent_id,
        agent_run_id=whose.run_id,
        task_id=whose.task_id,
        project_id=whose.project_id,
    )


def tool_end(end: ToolEnded, whose: Whose) -> Event:
    id, tool = end.call.id, end.call.tool
    if end.outcome == "complete":
        return ToolCallCompleted(tool_call_id=id, tool=tool, output=end.output, duration_ms=end.duration_ms)
    if end.outcome == "error":
        return ToolCallFailed(tool_call_id=id, tool=tool, error=str(end.output), duration_ms=end.duration_ms)
    return ToolCallDenied(
        tool_call_id=id,
        tool=tool,
        input=end.call.input,
        turn_number=end.call.turn,
        agent_id=whose.agent_id if end.call.run_id is None else agent_of(end.call.run_id),
        agent_run_id=end.call.run_id or whose.run_id,
        task_id=whose.task_id if end.call.run_id is None else None,
        project_id=whose.project_id,
        reason=str(end.output),
    )
