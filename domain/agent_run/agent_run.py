"""A run is one execution of an agent, in one or more processes (domain.md D2 and 2.2)."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from workledger.domain.agent import AgentConfig, AgentNotResumable, AgentNotRunning, AgentTurnLimitExceeded
from workledger.domain.agent_run.account import AgentRunAccountSwitched
from workledger.domain.agent_run.events import (
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunNotFound,
    AgentRunPaused,
    AgentRunResumed,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
    Cause,
    Mode,
    PauseReason,
)
from workledger.domain.agent_run.progress import LIVE, RunProgress
from workledger.domain.kernel.aggregate import Event, New, command
from workledger.domain.kernel.fields import Count, Integer, Json, Name, Number, Path, Reason, Text, Time, Url, Word
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.mapping import format_timestamp
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.project.events import Tool

Turns = Annotated[int, Field(ge=1, le=200)]
"""The turns that an option may set; the limit of an agent's config is higher (domain.md 5.1)."""

RECOVERABLE: tuple[Cause, ...] = ("crash", "lost", "provider_limit")
"""Causes of failures after which a run can be resumed, unless the report says otherwise."""


class AgentRun(RunProgress, category="agent_run", prefix="run", not_found=AgentRunNotFound, invalid=AgentNotRunning):
    """An execution of an agent. While live it holds its agent, its task and a place in its project."""

    @classmethod
    @command
    def start(
        cls,
        *,
        agent_id: Id,
        session_number: Number,
        id: Id | None = None,
        agent_name: Name | None = None,
        project_id: Id | None = None,
        task_id: Id | None = None,
        initiative_id: Id | None = None,
        session_id: Id | None = None,
        provider: Word = "claude",
        account_id: Id | None = None,
        mode: Mode = "execute",
        config: AgentConfig = AgentConfig(),  # noqa: B008, frozen
        model: Word | None = None,
        max_turns: Turns | None = None,
        allowed_tools: tuple[Tool, ...] | None = None,
        worktree_path: Path | None = None,
        worktree_id: Id | None = None,
        prompt: Text | None = None,
        prompt_ref: Url | None = None,
    ) -> "New[AgentRun]":
        """Start a run with the agent's config, except for the model, turns and tools given here.

        `runs.start_run` takes the arguments from the agent, and counts its session.

        Raises:
            AgentNotFound, ProjectNotFound, TaskNotFound, AccountNotFound: it does not exist.
            AgentAlreadyRunning, TaskAlreadyAssigned: agent or task has a live run.
            ConcurrencyLimitExceeded: the project's concurrency limit is reached.
            AccountOfAnotherProvider, AccountUnavailable: the account is of another provider, or exhausted.
        """
        event = AgentRunStarted(
            agent_id=agent_id,
            agent_name=agent_name,
            project_id=project_id,
            task_id=task_id,
            initiative_id=initiative_id,
            session_id=session_id,
            session_number=session_number,
            provider=provider,
            account_id=account_id,
            mode=mode,
            model=model or config.model,
            max_turns=max_turns or config.max_turns,
            allowed_tools=config.allowed_tools if allowed_tools is None else allowed_tools,
            worktree_path=worktree_path,
            worktree_id=worktree_id,
            prompt=prompt,
            prompt_ref=prompt_ref,
        )
        return New(AgentRun, id or new_id(AgentRun.PREFIX), [event])

    @command(when="running", unless="paused")
    def pause(self, *, reason: PauseReason = "user", retry_at: Time | None = None) -> list[Event]:
        """Pause it until it is resumed.

        Args:
            retry_at: when a limit of the provider is over, as far as it says.

        Raises:
            AgentNotRunning: the run is not running.
        """
        return [AgentRunPaused(reason=reason, retry_at=_text(retry_at))]

    @command(when="running", repeat="waiting_for_input")
    def ask_user(self, *, questions: Annotated[tuple[Json, ...], Field(min_length=1)]) -> list[Event]:
        """Wait for the user's answers; the agent shows the questions until the run is resumed.

        Raises:
            AgentNotRunning: the run is not running.
        """
        if self.status == "waiting_for_input" and self.pending_questions == questions:
            return []
        return [AgentRunWaitingForInput(pending_questions=questions)]

    @command(when=("paused", "waiting_for_input", "failed"), repeat="running")
    def resume(
        self,
        *,
        session_number: Number | None = None,
        feedback: Text | None = None,
        answers: Json = None,
        extra_turns: Turns | None = None,
    ) -> list[Event]:
        """Resume, in the same process or in a new one, whose session number the agent has counted (`runs.resume_run`).

        Raises:
            AgentNotRunning: the run is not paused, waiting or recoverably failed.
            AgentNotResumable: its process has exited, and there is no provider session for a new one.
            AgentTurnLimitExceeded: it has no turn left, and is given none.
            InvalidInput: the session number is not above the last.
        """
        if self.status == "running":
            return self._already_resumed(session_number, feedback, answers, extra_turns)
        if self.status == "failed" and not self.recoverable:
            raise self.refusal("resume")
        if session_number is None and (self.exited or self.status == "failed"):
            raise AgentNotResumable
        if session_number is not None and self.provider_session_id is None:
            raise AgentNotResumable
        if session_number is not None and session_number <= self.session_number:
            message = f"above {self.session_number}, not {session_number}"
            raise InvalidInput(
                summary=f"session_number: {message}", errors=[{"loc": ["session_number"], "msg": message}]
            )
        if self.turn_count >= self.max_turns + (extra_turns or 0):
            raise AgentTurnLimitExceeded(max_turns=self.max_turns)
        return [
            AgentRunResumed(
                session_number=session_number or self.session_number,
                feedback=feedback,
                answers=answers,
                extra_turns=extra_turns,
            )
        ]

    @command(when="running")
    def switch_account(self, *, account_id: Id, reason: Reason | None = None) -> list[Event]:
        """Switch to another account of its provider.

        Raises:
            AgentNotRunning: the run is not running.
            AccountNotFound: there is no such account.
            AccountOfAnotherProvider, AccountUnavailable: it is of another provider, or exhausted.
        """
        if account_id == self.account_id:
            return []
        return [AgentRunAccountSwitched(previous=self.account_id, account_id=account_id, reason=reason)]

    @command(when=("starting", "running"), unless="failed")
    def fail(
        self,
        *,
        cause: Cause,
        error: Text,
        error_type: Word | None = None,
        exit_code: Integer | None = None,
        recoverable: bool | None = None,
        duration_ms: Count | None = None,
        retry_at: Time | None = None,
    ) -> list[Event]:
        """The run failed. A crash, a lost process and a limit of the provider are recoverable, unless `recoverable`
        says otherwise.

        Args:
            retry_at: when the limit of the provider is over, as far as it says.

        Raises:
            AgentNotRunning: the run is neither starting nor running.
        """
        return [
            AgentRunFailed(
                cause=cause,
                error=error,
                error_type=error_type,
                exit_code=exit_code,
                recoverable=cause in RECOVERABLE if recoverable is None else recoverable,
                duration_ms=duration_ms,
                retry_at=_text(retry_at),
            )
        ]

    @command(when=("starting", "running"), unless="completed")
    def complete(
        self, *, result: Json = None, reason: Reason = "task_complete", duration_ms: Count | None = None
    ) -> list[Event]:
        """The agent has finished; the event carries the totals.

        Raises:
            AgentNotRunning: the run is neither starting nor running.
        """
        return [
            *self._begun(),
            AgentRunCompleted(
                result=result,
                reason=reason,
                turn_count=self.turn_count,
                token_input_count=self.token_input_count,
                token_output_count=self.token_output_count,
                cost_usd=self.cost_usd,
                duration_ms=duration_ms,
            ),
        ]

    @command(when=(*LIVE, "failed"), unless="stopped")
    def stop(
        self, *, reason: Reason = "user_requested", by: Word | None = None, duration_ms: Count | None = None
    ) -> list[Event]:
        """End a run that has not ended, or one that could be resumed after a failure.

        Raises:
            AgentNotRunning: the run is completed, or has failed for good.
        """
        if self.status == "failed" and not self.recoverable:
            raise self.refusal("stop")
        return [AgentRunStopped(reason=reason, by=by, duration_ms=duration_ms)]

    def _already_resumed(self, *given: object) -> list[Event]:
        """Resuming a running run changes nothing, unless something new is given with it."""
        if any(one is not None for one in given):
            raise self.refusal("resume")
        return []


def _text(at: datetime | None) -> str | None:
    return None if at is None else format_timestamp(at)
