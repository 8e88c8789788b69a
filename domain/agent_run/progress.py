"""The progress of a run, as its process reports it: spawned, first output, turns, exited (domain.md 2.2)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent, AgentTurnLimitExceeded
from workledger.domain.agent_run.events import (
    AgentProcessExited,
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunPaused,
    AgentTurnCompleted,
    AgentTurnLimitApproached,
)
from workledger.domain.kernel.aggregate import Aggregate, Event, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Cost, Count, Integer, Name, Number, Path
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.project import Project

Status = Literal["starting", "running", "paused", "waiting_for_input", "completed", "failed", "stopped"]

Tokens = Annotated[int, Field(ge=0, le=10**9)]
"""Of one turn: the sum over all turns of a run is a number that JSON holds exactly."""

LIVE: tuple[Status, ...] = ("starting", "running", "paused", "waiting_for_input")


class RunProgress(Aggregate):
    """The part of an agent's run that its process reports."""

    agent_id: str
    project_id: str | None = None
    task_id: str | None = None
    session_id: str | None = None
    session_number: int
    provider: str = "claude"
    account_id: str | None = None
    status: Status
    recoverable: bool = False
    max_turns: int
    turn_count: int = 0
    token_input_count: int = 0
    token_output_count: int = 0
    cost_usd: float | None = None
    pending_questions: tuple[Any, ...] | None = None
    pid: int | None = None
    provider_session_id: str | None = None
    output_file_path: str | None = None
    exited: bool | None = None
    """None: no process has been reported in this session."""
    exit_code: int | None = None

    @property
    def live(self) -> bool:
        return self.status in LIVE

    def tags(self) -> dict[str, str | None]:
        return {
            "agent": self.agent_id,
            "project": self.project_id,
            "run": self.id,
            "session": self.session_id,
            "task": self.task_id,
        }

    def belongs_to(self) -> Iterable[Require]:
        yield Agent.exists(self.agent_id)
        if self.project_id:
            yield Project.exists(self.project_id)

    def requires(self) -> Iterable[Claim]:
        """A finished run needs none."""
        return self.belongs_to() if self.live else ()

    @command(when=("starting", "running"))
    def report_process(
        self,
        *,
        pid: Integer | None = None,
        provider_session_id: Name | None = None,
        output_file_path: Path | None = None,
    ) -> list[Event]:
        """Report a process of this run: its first, or the new one that it was resumed in.

        Raises:
            AgentNotRunning: the run is neither starting nor running.
        """
        wanted = {"pid": pid, "provider_session_id": provider_session_id, "output_file_path": output_file_path}
        given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
        if self.exited is False and all(getattr(self, name) == value for name, value in given.items()):
            return []
        return [AgentProcessSpawned(session_number=self.session_number, **given)]

    @command(when=("starting", "running"))
    def report_output(self) -> list[Event]:
        """Report the first output: the run is running.

        Raises:
            AgentNotRunning: the run is neither starting nor running.
        """
        return self._begun()

    @command(when=("starting", "running"), repeat=ANY)
    def report_turn(
        self,
        *,
        turn: Number,
        tokens_in: Tokens = 0,
        tokens_out: Tokens = 0,
        cache_tokens: Tokens | None = None,
        cache_read_tokens: Tokens | None = None,
        cache_write_tokens: Tokens | None = None,
        cost_usd: Cost | None = None,
        tool_call_count: Count = 0,
        model: Name | None = None,
    ) -> list[Event]:
        """Report a turn. At four fifths of the turns a warning is recorded, and the last one pauses the run (A20).

        Args:
            cache_tokens: read from the cache or written to it; without it, the sum of the next two, if given.
            model: that took the turn; None: the run's.

        Raises:
            AgentTurnLimitExceeded: the run has no turn left.
            AgentNotRunning: the run is neither starting nor running.
            InvalidInput: the turn before it was not reported.
        """
        if turn <= self.turn_count:
            return []
        if turn > self.max_turns:
            raise AgentTurnLimitExceeded(max_turns=self.max_turns)
        if turn != self.turn_count + 1:
            message = f"{self.turn_count + 1} comes next, not {turn}"
            raise InvalidInput(summary=f"turn: {message}", errors=[{"loc": ["turn"], "msg": message}])
        events = self._begun()
        told = [one for one in (cache_read_tokens, cache_write_tokens) if one is not None]
        events.append(
            AgentTurnCompleted(
                turn=turn,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                cache_tokens=sum(told) if cache_tokens is None and told else cache_tokens,
                cache_read_tokens=cache_read_tokens,
                cache_write_tokens=cache_write_tokens,
                cost_usd=cost_usd,
                tool_call_count=tool_call_count,
                model=model,
            )
        )
        if turn == self.max_turns:
            events.append(AgentRunPaused(reason="turn_limit"))
        elif turn == -(-self.max_turns * 4 // 5):
            events.append(AgentTurnLimitApproached(turn=turn, max_turns=self.max_turns))
        return events

    @command
    def report_exit(self, *, exit_code: Integer | None = None) -> list[Event]:
        """Report that the process exited; the outcome of the run is reported before or after."""
        known = self.exited and (exit_code is None or self.exit_code is not None)
        return [] if known else [AgentProcessExited(exit_code=exit_code)]

    def _begun(self) -> list[Event]:
        """The first report of a starting run counts as its first output."""
        return [AgentRunBegan()] if self.status == "starting" else []
