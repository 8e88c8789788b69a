"""Agents, with what their latest run makes of them (domain.md 2.2 and 3.7): status is derived, never set."""

from datetime import datetime
from typing import Annotated, Any

from workledger.domain.agent import (
    AgentConfigChanged,
    AgentCreated,
    AgentDeleted,
    AgentDismissed,
    AgentRenamed,
    AgentSessionStarted,
)
from workledger.domain.agent_run.events import (
    AgentRunBegan,
    AgentRunCompleted,
    AgentRunFailed,
    AgentRunPaused,
    AgentRunResumed,
    AgentRunStarted,
    AgentRunStopped,
    AgentRunWaitingForInput,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import Becomes, Count, From, References, Stream, Tag, When
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

ENDED = (AgentRunCompleted, AgentRunStopped, AgentRunFailed)
NONE_ONCE_ENDED = Becomes(dict.fromkeys(ENDED))


def _after_failure(data: dict[str, Any]) -> str:
    return "error" if data["recoverable"] else "idle"


class AgentRow(Stamped):
    """An agent, and where its latest run has left it."""

    id: Annotated[str, Stream(), Tag("agent")]
    project_id: Annotated[str | None, From(AgentCreated), References("projects", "cascade")]
    name: Annotated[str, From(AgentCreated, AgentRenamed)]
    type: Annotated[str, From(AgentCreated)]
    provider: Annotated[str, From(AgentCreated)]
    status: Annotated[
        str,
        Becomes(
            {
                AgentCreated: "idle",
                AgentRunStarted: "starting",
                AgentRunBegan: "running",
                AgentRunPaused: "paused",
                AgentRunWaitingForInput: "paused",
                AgentRunResumed: "running",
                AgentRunCompleted: "completed",
                AgentRunStopped: "idle",
                AgentRunFailed: _after_failure,
            }
        ),
    ]
    status_c: Annotated[
        str,
        Becomes(
            {
                AgentCreated: "idle",
                AgentRunStarted: "running",
                AgentRunBegan: "running",
                AgentRunPaused: "waiting_for_input",
                AgentRunWaitingForInput: "waiting_for_input",
                AgentRunResumed: "running",
                AgentRunCompleted: "idle",
                AgentRunStopped: "stopped",
                AgentRunFailed: "crashed",
            }
        ),
    ]
    config: Annotated[dict[str, Any], From(AgentCreated, AgentConfigChanged)]
    current_task_id: Annotated[
        str | None,
        From(AgentRunStarted, field="task_id"),
        Tag("task", AgentRunResumed),
        NONE_ONCE_ENDED,
        References("tasks", "null"),
    ]
    current_session_id: Annotated[
        str | None, From(AgentRunStarted, field="session_id"), Tag("session", AgentRunResumed), NONE_ONCE_ENDED
    ]
    current_worktree_id: Annotated[str | None, From(AgentRunStarted, field="worktree_id"), NONE_ONCE_ENDED]
    current_run_id: Annotated[str | None, Tag("run", AgentRunStarted, AgentRunResumed), NONE_ONCE_ENDED]
    initiative_id: Annotated[str | None, From(AgentRunStarted)]
    total_tasks: Annotated[int, Count(AgentRunStarted)]
    completed_tasks: Annotated[int, Count(AgentRunCompleted)]
    failed_tasks: Annotated[int, Count(AgentRunFailed)]
    last_error: Annotated[str | None, From(AgentRunFailed, field="error")]
    last_error_at: Annotated[datetime | None, When(AgentRunFailed)]
    user_dismissed_at: Annotated[datetime | None, When(AgentDismissed), Becomes({AgentSessionStarted: None})]
    session_count: Annotated[int, Becomes({AgentCreated: 0}), From(AgentSessionStarted, field="session_number")]


class Agents(
    Table,
    row=AgentRow,
    name="agents",
    born=(AgentCreated,),
    dies=(AgentDeleted,),
    indexes=("project_id, status", "current_task_id", "project_id, name", "status", "initiative_id"),
    revision=1,
):
    """Agents until they are deleted. `status` is AgentPane's word for how the latest run stands, `status_c` that of
    Codewalkers."""


def get(tables: ReadTables, id: str) -> AgentRow | None:
    """The agent with that id."""
    return tables.first(Agents.table.select().where(Agents.c.id == id), AgentRow)


def by_name(tables: ReadTables, name: str, project_id: str | None = None) -> AgentRow | None:
    """The agent of that exact name in a project, or among those of no project (Codewalkers `findByName`)."""
    chosen = Agents.table.select().where(Agents.c.name == name, Agents.c.project_id == project_id)
    return tables.first(chosen, AgentRow)


def by_status(tables: ReadTables, status: str, project_id: str | None = None) -> list[AgentRow]:
    """The agents of that `status`, by name (Codewalkers `findByStatus`).

    Args:
        project_id: of that project only.
    """
    chosen = Agents.table.select().where(Agents.c.status == status)
    if project_id is not None:
        chosen = chosen.where(Agents.c.project_id == project_id)
    return tables.all(chosen.order_by(Agents.c.name, Agents.c.id), AgentRow)
