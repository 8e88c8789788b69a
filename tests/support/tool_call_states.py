"""A life of a tool call up to each of its states, and arguments for each of the commands (domain.md 2.2)."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.tool_calls import (
    ToolCallCompleted,
    ToolCallDenied,
    ToolCallFailed,
    ToolCallsOpened,
    ToolCallStarted,
)

OF = {"agent_id": "agt_1", "agent_run_id": "run_1", "task_id": "tsk_1", "project_id": "prj_1"}

opened = ToolCallsOpened(**OF, allowed_tools=("Read", "Bash"))
open_to_all = ToolCallsOpened(**OF)
started = ToolCallStarted(tool_call_id="c1", tool="Bash", input={"command": "ls"}, turn_number=3, **OF)
denied = ToolCallDenied(tool_call_id="c1", tool="WebFetch", input=None, turn_number=3, reason="tool not allowed", **OF)
completed = ToolCallCompleted(tool_call_id="c1", tool="Bash", output="README.md", duration_ms=12)
failed = ToolCallFailed(tool_call_id="c1", tool="Bash", error="exit 1", duration_ms=12)

LIVES: dict[str, tuple[Event, ...]] = {
    "unknown": (opened,),
    "running": (opened, started),
    "complete": (opened, started, completed),
    "error": (opened, started, failed),
    "denied": (opened, denied),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "start": (
        {"tool_call_id": "c1", "tool": "Bash", "turn_number": 3},
        {"tool_call_id": "c1", "tool": "WebFetch", "turn_number": 3},
    ),
    "complete": ({"tool_call_id": "c1", "output": "README.md", "duration_ms": 12},),
    "fail": ({"tool_call_id": "c1", "error": "exit 1", "duration_ms": 12},),
}
"""Arguments for each of the commands; a tool is allowed, or it is not."""
