"""A life of a run up to each of its states (domain.md 2.2), and arguments for each of its commands."""

from typing import Any

from workledger.domain.agent_run.events import (
    AgentProcessExited,
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunPaused,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
    AgentTurnCompleted,
)
from workledger.domain.kernel.aggregate import Event

started = AgentRunStarted(agent_id="agt_1", project_id="prj_1", task_id="tsk_1", session_number=1, max_turns=10)
spawned = AgentProcessSpawned(session_number=1, pid=7, provider_session_id="claude-1")
began = AgentRunBegan()
paused = AgentRunPaused(reason="user")
asked = AgentRunWaitingForInput(pending_questions=("Which?",))
crashed = AgentRunFailed(cause="crash", error="boom", recoverable=True)
broken = AgentRunFailed(cause="execution_error", error="boom")
completed = AgentRunCompleted()
stopped = AgentRunStopped()
exited = AgentProcessExited(exit_code=0)
turn_1 = AgentTurnCompleted(turn=1, tokens_in=10, tokens_out=5, cost_usd=0.25)

LIVES: dict[str, tuple[Event, ...]] = {
    "starting": (started, spawned),
    "running": (started, spawned, began),
    "paused": (started, spawned, began, paused),
    "waiting_for_input": (started, spawned, began, asked),
    "failed, recoverable": (started, spawned, began, crashed),
    "failed": (started, spawned, began, broken),
    "completed": (started, spawned, began, completed),
    "stopped": (started, spawned, began, stopped),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "report_process": ({"pid": 8},),
    "report_output": ({},),
    "report_turn": ({"turn": 1},),
    "report_exit": ({"exit_code": 0},),
    "pause": ({},),
    "ask_user": ({"questions": ["Which?"]},),
    "resume": ({"session_number": 2, "feedback": "Go on."},),
    "switch_account": ({"account_id": "acc_2"},),
    "fail": ({"cause": "crash", "error": "boom"},),
    "complete": ({},),
    "stop": ({},),
}
"""Arguments for each of its commands."""
