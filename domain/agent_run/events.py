"""What happens to an agent's run, as it is stored (DOMAIN.md 2.2 and 3.4). How it refuses is in agent_events.py."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain.agent import AgentAlreadyRunning, ConcurrencyLimitExceeded, run_of_agent
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.claims import Claim, Free, Need, Take
from workledger.domain.kernel.refusals import NotFound
from workledger.domain.project import events as project_events
from workledger.domain.task import events as task_events
from workledger.domain.task.events import TaskAlreadyAssigned

Mode = Literal["execute", "discuss", "plan", "detail", "refine", "chat", "errand"]
PauseReason = Literal["user_input", "approval_required", "confirmation", "turn_limit", "user"]
Cause = Literal["crash", "execution_error", "spawn_error", "lost"]


class AgentRunNotFound(NotFound):
    """There is no such agent run."""

    code = "AGENT_RUN_NOT_FOUND"


def existing(run_id: str) -> Need:
    """The claim that the run exists, live or not."""
    return Need(f"agent_run:{run_id}", AgentRunNotFound)


def live(agent_id: str, project_id: str | None, task_id: str | None) -> Iterable[Claim]:
    """What a live run holds: its agent, its task, and one of its project's places (DOMAIN.md 3.3, X12 and X13)."""
    if task_id:
        yield task_events.existing(task_id)
    yield Take(run_of_agent(agent_id), AgentAlreadyRunning)
    if task_id:
        yield Take(task_events.run_of_task(task_id), TaskAlreadyAssigned)
    if project_id:
        yield Take(project_events.runs_in(project_id), ConcurrencyLimitExceeded)


def ended(before: Any) -> Iterable[Claim]:
    """The end of a run gives back what a live one holds."""
    yield Free(run_of_agent(before.agent_id))
    if before.task_id:
        yield Free(task_events.run_of_task(before.task_id))
    if before.project_id:
        yield Free(project_events.runs_in(before.project_id))


class AgentRunStarted(Event, topic="agent_run.started"):
    """`allowed_tools` None: any. `prompt` is kept for ever, whatever becomes of the logs (Codewalkers, C23)."""

    status: Literal["starting"] = "starting"
    agent_id: str
    agent_name: str | None = None
    project_id: str | None = None
    task_id: str | None = None
    initiative_id: str | None = None
    session_id: str | None = None
    session_number: int
    provider: str = "claude"
    account_id: str | None = None
    mode: str = "execute"
    model: str | None = None
    max_turns: int = 50
    allowed_tools: tuple[str, ...] | None = None
    worktree_path: str | None = None
    worktree_id: str | None = None
    prompt: str | None = None
    prompt_ref: str | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(f"agent_run:{id}")
        yield from live(self.agent_id, self.project_id, self.task_id)


class AgentProcessSpawned(Event, topic="agent_run.process_spawned", patch=True):
    """A process of the agent works for this run. A new one that names no provider session goes on with the last."""

    session_number: int
    pid: int | None = None
    provider_session_id: str | None = None
    output_file_path: str | None = None

    def changes(self, before: Any) -> dict[str, Any]:
        return {**super().changes(before), "exited": False, "exit_code": None}


class AgentRunBegan(Event, topic="agent_run.began"):
    """The first sign of work."""

    status: Literal["running"] = "running"


class AgentTurnCompleted(Event, topic="agent_run.turn_completed"):
    """What this one turn used; the run's counts are the sums."""

    turn: int
    tokens_in: int = 0
    tokens_out: int = 0
    cache_tokens: int | None = None
    cost_usd: float | None = None
    tool_call_count: int = 0

    def changes(self, before: Any) -> dict[str, Any]:
        cost = before.cost_usd if self.cost_usd is None else (before.cost_usd or 0) + self.cost_usd
        return {
            "turn_count": self.turn,
            "token_input_count": before.token_input_count + self.tokens_in,
            "token_output_count": before.token_output_count + self.tokens_out,
            "cost_usd": cost,
        }


class AgentTurnLimitApproached(Event, topic="agent_run.turn_limit_approached"):
    """Four fifths of the turns are used (A20)."""

    turn: int
    max_turns: int


class AgentRunPaused(Event, topic="agent_run.paused"):
    status: Literal["paused"] = "paused"
    reason: str


class AgentRunWaitingForInput(Event, topic="agent_run.waiting_for_input"):
    status: Literal["waiting_for_input"] = "waiting_for_input"
    pending_questions: tuple[Any, ...]


class AgentRunResumed(Event, topic="agent_run.resumed"):
    """The run goes on, and its questions are settled (C25). A higher `session_number` means: in a new process."""

    status: Literal["running"] = "running"
    session_number: int
    feedback: str | None = None
    answers: Any = None
    extra_turns: int | None = None
    pending_questions: None = None

    def changes(self, before: Any) -> dict[str, Any]:
        changed: dict[str, Any] = {
            "status": self.status,
            "pending_questions": None,
            "max_turns": before.max_turns + (self.extra_turns or 0),
        }
        if self.session_number != before.session_number:
            changed |= {"session_number": self.session_number, "exited": None, "exit_code": None}
        return changed

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if before.status == "failed":
            yield from live(before.agent_id, before.project_id, before.task_id)


class AgentRunAccountSwitched(Event, topic="agent_run.account_switched"):
    previous: str | None
    account_id: str
    reason: str | None = None


class AgentProcessExited(Event, topic="agent_run.process_exited"):
    exit_code: int | None = None

    def changes(self, before: Any) -> dict[str, Any]:
        return {"exited": True, "exit_code": self.exit_code}


class AgentRunCompleted(Event, topic="agent_run.completed"):
    """`reason` says what was finished, such as task_complete or plan_complete; the totals are those of the run."""

    status: Literal["completed"] = "completed"
    result: Any = None
    reason: str = "task_complete"
    turn_count: int = 0
    token_input_count: int = 0
    token_output_count: int = 0
    cost_usd: float | None = None
    duration_ms: int | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from ended(before)


class AgentRunStopped(Event, topic="agent_run.stopped"):
    status: Literal["stopped"] = "stopped"
    reason: str = "user_requested"
    by: str | None = None
    duration_ms: int | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from ended(before)


class AgentRunFailed(Event, topic="agent_run.failed"):
    """A recoverable failure can be resumed; until then it holds neither agent, task nor place."""

    status: Literal["failed"] = "failed"
    cause: str
    error: str
    error_type: str | None = None
    exit_code: int | None = None
    recoverable: bool = False
    duration_ms: int | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from ended(before)
