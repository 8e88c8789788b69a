"""The events of an agent's run. Its refusals are with the agent's, in agent.py."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from workledger.domain.agent import AgentAlreadyRunning, ConcurrencyLimitExceeded, run_of_agent
from workledger.domain.agent_run.account import account_exists, usable_account
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Created, Event, Peers
from workledger.domain.kernel.claims import Claim, Release, Take
from workledger.domain.kernel.refusals import NotFound, Refused
from workledger.domain.project import Project
from workledger.domain.project import events as project_events
from workledger.domain.task import Task
from workledger.domain.task import events as task_events
from workledger.domain.task.refusals import TaskAlreadyAssigned, TaskOfAnotherProject

if TYPE_CHECKING:
    from workledger.domain.agent_run.agent_run import AgentRun

Mode = Literal["execute", "discuss", "plan", "detail", "refine", "chat", "errand"]
PauseReason = Literal["user_input", "approval_required", "confirmation", "turn_limit", "provider_limit", "user"]
Cause = Literal["crash", "execution_error", "spawn_error", "provider_limit", "lost"]


class AgentRunNotFound(NotFound):
    """There is no such agent run."""

    code = "AGENT_RUN_NOT_FOUND"


class AgentTurnAlreadyRecorded(Refused):
    """The turn of this message is recorded already."""

    code = "AGENT_TURN_ALREADY_RECORDED"


def live(agent_id: str, project_id: str | None, task_id: str | None) -> Iterable[Claim]:
    """The claims of a live run: its agent, its task, and one of its project's places (domain.md 3.3, X12 and X13)."""
    if task_id:
        yield Task.exists(task_id)
    yield Take(run_of_agent(agent_id), AgentAlreadyRunning, details={"agent_id": agent_id})
    if task_id:
        yield Take(task_events.run_of_task(task_id), TaskAlreadyAssigned, details={"task_id": task_id})
    if project_id:
        yield Take(project_events.runs_in(project_id), ConcurrencyLimitExceeded, details={"project_id": project_id})


def own_task(peers: Peers, command: str, run: Any) -> None:
    """A run works on its agent's own task, in the task's project (domain.md 2.2).

    Args:
        run: the run, or the event that starts it.

    Raises:
        TaskOfAnotherProject: TASK_OF_ANOTHER_PROJECT.
        TaskAlreadyAssigned: TASK_ALREADY_ASSIGNED, the task is another agent's.
        TaskInvalidTransition: TASK_INVALID_TRANSITION, nobody works on the task.
    """
    task = peers.find(Task, run.task_id) if run.task_id else None
    if task is None:
        return  # without a task, or refused by a claim
    if task.project_id and task.project_id != run.project_id:
        if peers.find(Project, task.project_id) is None:
            return  # gone with its project, which a claim refuses
        raise TaskOfAnotherProject(task_id=task.id, project_id=task.project_id)
    if task.state != "working":
        raise task.refusal(command)
    if task.agent_id != run.agent_id:
        raise TaskAlreadyAssigned(task_id=task.id, agent_id=task.agent_id)


def ended(before: "AgentRun") -> Iterable[Claim]:
    """Events that end a run release the claims of a live one."""
    yield Release(run_of_agent(before.agent_id))
    if before.task_id:
        yield Release(task_events.run_of_task(before.task_id))
    if before.project_id:
        yield Release(project_events.runs_in(before.project_id))


class AgentRunStarted(Created, topic="agent_run.started"):
    """A run started. `allowed_tools` None: any. `prompt` outlives the logs (Codewalkers, C23)."""

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
        yield from super().claims(before, id)
        yield from account_exists(self.account_id)
        yield from live(self.agent_id, self.project_id, self.task_id)
        if self.initiative_id:
            yield Initiative.exists(self.initiative_id)

    def guard(self, before: Any, id: str, peers: Peers) -> None:
        own_task(peers, "start_run", self)
        usable_account(peers, self.account_id, self.provider)


class AgentProcessSpawned(Event, topic="agent_run.process_spawned", patch=True):
    """A process was started for this run. One that names no provider session continues the last one."""

    session_number: int
    pid: int | None = None
    provider_session_id: str | None = None
    output_file_path: str | None = None

    def changes(self, before: "AgentRun") -> dict[str, Any]:
        return {**super().changes(before), "exited": False, "exit_code": None}


class AgentRunBegan(Event, topic="agent_run.began"):
    """The process produced its first output."""

    status: Literal["running"] = "running"


def turn_of(message_id: str) -> str:
    """The key that the turn of a provider's message holds."""
    return f"turn:{message_id}"


class AgentTurnCompleted(Event, topic="agent_run.turn_completed"):
    """A turn was completed; its fields are what this turn used, and the run's counts their sums.

    Attributes:
        cache_tokens: read from the cache or written to it, in all; the next two say how many of each, where known.
        model: that took the turn; a run may change its model.
        message_id: of the provider's message, as its importer derives it; no two turns have the same.
    """

    turn: int
    tokens_in: int = 0
    tokens_out: int = 0
    cache_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None = None
    tool_call_count: int = 0
    model: str | None = None
    message_id: str | None = None

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        if self.message_id:
            yield Take(turn_of(self.message_id), AgentTurnAlreadyRecorded)

    def changes(self, before: "AgentRun") -> dict[str, Any]:
        cost = before.cost_usd if self.cost_usd is None else (before.cost_usd or 0) + self.cost_usd
        return {
            "turn_count": self.turn,
            "token_input_count": before.token_input_count + self.tokens_in,
            "token_output_count": before.token_output_count + self.tokens_out,
            "cost_usd": cost,
        }


class AgentTurnCorrected(Event, topic="agent_run.turn_corrected"):
    """A recorded turn turned out to have used more or less; its fields are the differences, which may be negative."""

    turn: int
    tokens_in: int = 0
    tokens_out: int = 0
    cache_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    tool_call_count: int = 0
    model: str | None = None
    message_id: str | None = None

    def changes(self, before: "AgentRun") -> dict[str, Any]:
        return {
            "token_input_count": before.token_input_count + self.tokens_in,
            "token_output_count": before.token_output_count + self.tokens_out,
        }


class AgentTurnLimitApproached(Event, topic="agent_run.turn_limit_approached"):
    """Four fifths of the turns are used (A20)."""

    turn: int
    max_turns: int


class AgentRunPaused(Event, topic="agent_run.paused"):
    """The run was paused, for `reason`; by a limit of its provider until `retry_at`, if that is known."""

    status: Literal["paused"] = "paused"
    reason: str
    retry_at: str | None = None


class AgentRunWaitingForInput(Event, topic="agent_run.waiting_for_input"):
    """The run waits for the user to answer its questions."""

    status: Literal["waiting_for_input"] = "waiting_for_input"
    pending_questions: tuple[Any, ...]


class AgentRunResumed(Event, topic="agent_run.resumed"):
    """The run was resumed, which settles its questions (C25). A higher `session_number` means a new process."""

    status: Literal["running"] = "running"
    session_number: int
    feedback: str | None = None
    answers: Any = None
    extra_turns: int | None = None
    pending_questions: None = None

    def changes(self, before: "AgentRun") -> dict[str, Any]:
        changed: dict[str, Any] = {
            "status": self.status,
            "pending_questions": None,
            "max_turns": before.max_turns + (self.extra_turns or 0),
        }
        if self.session_number != before.session_number:
            changed |= {"session_number": self.session_number, "exited": None, "exit_code": None}
        return changed

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        if before.status == "failed":
            yield from live(before.agent_id, before.project_id, before.task_id)
        elif before.task_id:
            yield Task.exists(before.task_id)

    def guard(self, before: "AgentRun", id: str, peers: Peers) -> None:
        own_task(peers, "resume_run", before)


class AgentProcessExited(Event, topic="agent_run.process_exited"):
    """The process of the run exited; the outcome of the run is another event."""

    exit_code: int | None = None

    def changes(self, before: "AgentRun") -> dict[str, Any]:
        return {"exited": True, "exit_code": self.exit_code}


class AgentRunCompleted(Event, topic="agent_run.completed"):
    """The run completed, for a `reason` such as task_complete or plan_complete; the totals are the run's."""

    status: Literal["completed"] = "completed"
    result: Any = None
    reason: str = "task_complete"
    turn_count: int = 0
    token_input_count: int = 0
    token_output_count: int = 0
    cost_usd: float | None = None
    duration_ms: int | None = None

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        yield from ended(before)


class AgentRunStopped(Event, topic="agent_run.stopped"):
    """The run was stopped before it was complete."""

    status: Literal["stopped"] = "stopped"
    reason: str = "user_requested"
    by: str | None = None
    duration_ms: int | None = None

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        yield from ended(before)


class AgentRunFailed(Event, topic="agent_run.failed"):
    """The run failed. A recoverable one can be resumed; until then it holds no agent, task or place. A limit of its
    provider holds until `retry_at`, if that is known."""

    status: Literal["failed"] = "failed"
    cause: str
    error: str
    error_type: str | None = None
    exit_code: int | None = None
    recoverable: bool = False
    duration_ms: int | None = None
    retry_at: str | None = None

    def claims(self, before: "AgentRun", id: str) -> Iterable[Claim]:
        yield from ended(before)
