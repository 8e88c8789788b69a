"""Agents, with what their latest run makes of them (domain.md 2.2 and 3.7): status is derived, never set.

The latest run is the one that was started, or resumed, last. A run that is live is the latest, as an agent has one live
run at most. Only a stop may come to an older run: one that had failed.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import orjson
import sqlalchemy as sa

from workledger.domain.agent import (
    AgentConfigChanged,
    AgentCreated,
    AgentDeleted,
    AgentDismissed,
    AgentRenamed,
    AgentSessionStarted,
)
from workledger.domain.agent_run.account import AgentRunAccountSwitched
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
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.store import Scanned
from workledger.domain.task.events import TaskAssigned, TaskCompleted, TaskReopened, TaskUnassigned
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.narrowing import nullable, optional
from workledger.projections.engine.rules import Becomes, Count, From, Kind, References, Stream, Sum, Tag, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Barrier, Change, Fold, Table, WriteTables
from workledger.projections.engine.tables import ReadTables

NONE_ONCE_ENDED = Becomes(dict.fromkeys((AgentRunCompleted, AgentRunFailed)))
STOPPED = {
    "status": "idle",
    "status_c": "stopped",
    **dict.fromkeys(("current_task_id", "current_session_id", "current_worktree_id", "current_run_id")),
}
OF_RUN = {
    "current_task_id": "task_id",
    "current_session_id": "session_id",
    "current_worktree_id": "worktree_id",
    "initiative_id": "initiative_id",
    "account_id": "account_id",
}
"""Columns of an agent, and those of its latest run that they are taken from."""


def _after_failure(data: dict[str, Any]) -> str:
    return "error" if data["recoverable"] else "idle"


def _taken_away(agent_id: str) -> int:
    return -1


def _reopened(was_dropped: bool) -> int:
    """A task that is open again is not done; one that was dropped never was."""
    return 0 if was_dropped else -1


def _failed(row: Scanned, data: Mapping[str, Any], tags: Mapping[str, str]) -> Iterable[Change]:
    if "task" in tags:
        yield Change(tags["agent"], add={"failed_tasks": 1})


def _stopped(tables: WriteTables, row: Scanned, data: Mapping[str, Any]) -> None:
    """The agent is idle, if no later run says otherwise."""
    table, run_id = tables[Agents], row.stream_id.partition("-")[2]
    own = (table.c.id == orjson.loads(row.tags).get("agent")) & (table.c.latest_run_id == run_id)
    stamps = {"updated_at": parse_timestamp(row.at), "last_position": row.position}
    tables.connection.execute(table.update().where(own).values(**STOPPED, **stamps))


def _resumed(tables: WriteTables, row: Scanned, data: Mapping[str, Any]) -> None:
    """The agent is at what the run is about, also when it had a later run in between."""
    table, run = tables[Agents], tables[AgentRuns]
    own = run.c.id == row.stream_id.partition("-")[2]
    about = {name: sa.select(run.c[of_run]).where(own).scalar_subquery() for name, of_run in OF_RUN.items()}
    tables.connection.execute(table.update().where(table.c.id == orjson.loads(row.tags).get("agent")).values(**about))


class AgentRow(Stamped):
    """An agent, and where its latest run has left it."""

    id: Annotated[str, Stream(), Tag("agent"), From(TaskUnassigned, field="agent_id")]
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
                AgentRunFailed: "crashed",
            }
        ),
    ]
    config: Annotated[dict[str, Any], From(AgentCreated, AgentConfigChanged)]
    current_task_id: Annotated[
        str | None, From(AgentRunStarted, field="task_id"), NONE_ONCE_ENDED, References("tasks", "null")
    ]
    current_session_id: Annotated[str | None, From(AgentRunStarted, field="session_id"), NONE_ONCE_ENDED]
    current_worktree_id: Annotated[str | None, From(AgentRunStarted, field="worktree_id"), NONE_ONCE_ENDED]
    current_run_id: Annotated[str | None, Tag("run", AgentRunStarted, AgentRunResumed), NONE_ONCE_ENDED]
    latest_run_id: Annotated[str | None, Tag("run", AgentRunStarted, AgentRunResumed)]
    initiative_id: Annotated[str | None, From(AgentRunStarted), References("initiatives", "null")]
    account_id: Annotated[str | None, From(AgentRunStarted, AgentRunAccountSwitched), References("accounts", "null")]
    total_tasks: Annotated[int, Count(TaskAssigned), Sum("agent_id", TaskUnassigned, by=_taken_away)]
    completed_tasks: Annotated[int, Count(TaskCompleted), Sum("was_dropped", TaskReopened, by=_reopened)]
    failed_tasks: Annotated[int, Count()]
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
    indexes=("project_id, status", "current_task_id", "project_id, name", "status", "initiative_id", "account_id"),
    revision=3,
):
    """Agents until they are deleted. `status` is AgentPane's word for how the latest run stands, `status_c` that of
    Codewalkers. Tasks are counted, not runs: those that it was given and that were not taken away, those of them that
    are done, and how often a run of it failed on one."""

    FOLDS: ClassVar[dict[Kind, Fold]] = {AgentRunFailed: _failed}
    BARRIERS: ClassVar[dict[Kind, Barrier]] = {AgentRunStopped: _stopped, AgentRunResumed: _resumed}


GET = Statement(Agents.table.select().where(Agents.c.id == sa.bindparam("id")), AgentRow)
BY_NAME = Statement(
    Agents.table.select().where(Agents.c.name == sa.bindparam("name")), AgentRow, nullable(Agents.c.project_id)
)
BY_STATUS = Statement(
    Agents.table.select().where(Agents.c.status == sa.bindparam("status")).order_by(Agents.c.name, Agents.c.id),
    AgentRow,
    optional(Agents.c.project_id),
)


def get(tables: ReadTables, id: str) -> AgentRow | None:
    """The agent with that id."""
    return tables.run_first(GET, id=id)


def by_name(tables: ReadTables, name: str, project_id: str | None = None) -> AgentRow | None:
    """The agent of that exact name in a project, or among those of no project (Codewalkers `findByName`)."""
    return tables.run_first(BY_NAME, name=name, project_id=project_id)


def by_status(tables: ReadTables, status: str, project_id: str | None = None) -> list[AgentRow]:
    """The agents of that `status`, by name (Codewalkers `findByStatus`).

    Args:
        project_id: of that project only.
    """
    return tables.run(BY_STATUS, status=status, project_id=project_id)
