"""Runs of agents, with what they used and how they ended (domain.md 2.2 and 3.7)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.agent_run.account import AgentRunAccountSwitched
from workledger.domain.agent_run.events import (
    AgentProcessExited,
    AgentProcessSpawned,
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunPaused,
    AgentRunResumed,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
    AgentTurnCompleted,
    AgentTurnCorrected,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import ABSENT, Becomes, Count, From, References, Stream, Sum, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Dollars

USED = (AgentTurnCompleted, AgentTurnCorrected)
ENDED = (AgentRunCompleted, AgentRunStopped, AgentRunFailed)
STATUS = (AgentRunStarted, AgentRunBegan, AgentRunPaused, AgentRunWaitingForInput, AgentRunResumed, *ENDED)
RESUMED = Becomes({AgentRunResumed: None})
NEW_PROCESS = Becomes({AgentRunResumed: None, AgentProcessSpawned: None})


def _exit_code(data: Mapping[str, Any]) -> Any:
    """A failure without an exit code leaves the one that was reported."""
    return ABSENT if data["exit_code"] is None else data["exit_code"]


class AgentRunRow(Stamped):
    """A run of an agent: what it was started with, what it used so far, and how it ended."""

    id: Annotated[str, Stream()]
    agent_id: Annotated[str, From(AgentRunStarted), References("agents", "cascade")]
    agent_name: Annotated[str | None, From(AgentRunStarted)]
    task_id: Annotated[str | None, From(AgentRunStarted), References("tasks", "null")]
    project_id: Annotated[str | None, From(AgentRunStarted), References("projects", "cascade")]
    initiative_id: Annotated[str | None, From(AgentRunStarted), References("initiatives", "null")]
    session_id: Annotated[str | None, From(AgentRunStarted)]
    provider_session_id: Annotated[str | None, From(AgentProcessSpawned)]
    session_number: Annotated[int, From(AgentRunStarted, AgentRunResumed, AgentProcessSpawned)]
    provider: Annotated[str, From(AgentRunStarted)]
    account_id: Annotated[str | None, From(AgentRunStarted, AgentRunAccountSwitched), References("accounts", "null")]
    mode: Annotated[str, From(AgentRunStarted)]
    model: Annotated[str | None, From(AgentRunStarted)]
    max_turns: Annotated[int, From(AgentRunStarted), Sum("extra_turns", AgentRunResumed)]
    status: Annotated[str, From(*STATUS)]
    prompt: Annotated[str | None, From(AgentRunStarted)]
    prompt_ref: Annotated[str | None, From(AgentRunStarted)]
    result: Annotated[Any | None, From(AgentRunCompleted)]
    pending_questions: Annotated[list[Any] | None, From(AgentRunWaitingForInput, AgentRunResumed)]
    asked_at: Annotated[datetime | None, When(AgentRunWaitingForInput)]
    pause_reason: Annotated[str | None, From(AgentRunPaused, field="reason"), RESUMED]
    retry_at: Annotated[datetime | None, From(AgentRunPaused, AgentRunFailed), RESUMED]
    end_reason: Annotated[str | None, From(AgentRunCompleted, AgentRunStopped, field="reason"), RESUMED]
    worktree_path: Annotated[str | None, From(AgentRunStarted)]
    worktree_id: Annotated[str | None, From(AgentRunStarted)]
    pid: Annotated[int | None, From(AgentProcessSpawned)]
    exit_code: Annotated[int | None, From(AgentProcessExited), Becomes({AgentRunFailed: _exit_code}), NEW_PROCESS]
    output_file_path: Annotated[str | None, From(AgentProcessSpawned)]
    turn_count: Annotated[int, Count(AgentTurnCompleted)]
    token_input_count: Annotated[int, Sum("tokens_in", *USED)]
    token_output_count: Annotated[int, Sum("tokens_out", *USED)]
    cache_token_count: Annotated[int, Sum("cache_tokens", *USED)]
    cost_usd: Annotated[Dollars, Sum("cost_usd", AgentTurnCompleted)]
    error: Annotated[str | None, From(AgentRunFailed)]
    error_type: Annotated[str | None, From(AgentRunFailed)]
    started_at: Annotated[datetime, When(AgentRunStarted)]
    completed_at: Annotated[datetime | None, When(*ENDED), RESUMED]
    duration_ms: Annotated[int | None, From(*ENDED), RESUMED]


class AgentRuns(
    Table,
    row=AgentRunRow,
    name="agent_runs",
    born=(AgentRunStarted,),
    indexes=(
        "agent_id, started_at desc, id",
        "task_id, started_at desc, id",
        "project_id, started_at desc, id",
        "status, started_at desc, id",
        "started_at desc, id",
        "provider_session_id",
        "account_id",
        "session_id",
        "initiative_id",
    ),
    revision=1,
):
    """The runs of all agents, those that are over too."""


GET = Statement(AgentRuns.table.select().where(AgentRuns.c.id == sa.bindparam("id")), AgentRunRow)
BY_PROVIDER_SESSION = Statement(
    AgentRuns.table.select().where(AgentRuns.c.provider_session_id == sa.bindparam("id")).limit(1), AgentRunRow
)
OF_TASK = Statement(
    AgentRuns.table.select()
    .where(AgentRuns.c.task_id == sa.bindparam("task_id"))
    .order_by(AgentRuns.c.started_at.desc(), AgentRuns.c.id),
    AgentRunRow,
)


def get(tables: ReadTables, id: str) -> AgentRunRow | None:
    """The run with that id."""
    return tables.run_first(GET, id=id)


def by_provider_session(tables: ReadTables, provider_session_id: str) -> AgentRunRow | None:
    """The run that the provider's own session belongs to (Codewalkers `findBySessionId`)."""
    return tables.run_first(BY_PROVIDER_SESSION, id=provider_session_id)


def of_task(tables: ReadTables, task_id: str) -> list[AgentRunRow]:
    """A task's runs, latest first (Codewalkers `findByTaskId`)."""
    return tables.run(OF_TASK, task_id=task_id)
