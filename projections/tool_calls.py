"""Tool calls, as an audit shows them, and how often each run used each tool (AgentPane, DOMAIN.md 1.4 and 3.7)."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.agent import AgentCreated, AgentDeleted
from workledger.domain.project.events import ProjectCreated, ProjectDeleted
from workledger.domain.task.card_events import TaskCreated
from workledger.domain.task.events import TaskDeleted
from workledger.domain.tool_calls import ToolCallCompleted, ToolCallDenied, ToolCallFailed, ToolCallStarted
from workledger.projections.engine.table import Count, From, References, Stream, Sum, Table, When
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Logged

BEGUN = (ToolCallStarted, ToolCallDenied)
ENDED = (ToolCallCompleted, ToolCallFailed)


class ToolCalls(
    Table,
    name="tool_calls",
    group="tool_calls",
    born=BEGUN,
    renews=(ToolCallDenied,),
    key=("agent_run_id", "id"),
    indexes=(
        "agent_id, timestamp, id",
        "agent_run_id, timestamp, id",
        "task_id, timestamp, id",
        "project_id, timestamp, id",
        "tool, timestamp, id",
        "timestamp, id",
    ),
):
    """A call's id is the caller's own, so it names one call of its run. It may be denied before it starts, or after."""

    id: Annotated[str, From(*BEGUN, *ENDED, field="tool_call_id")]
    agent_id: Annotated[str, From(*BEGUN), References("audited_agents", "cascade")]
    agent_run_id: Annotated[str, Stream()]
    task_id: Annotated[str | None, From(*BEGUN), References("audited_tasks", "null")]
    project_id: Annotated[str | None, From(*BEGUN), References("audited_projects", "cascade")]
    tool: Annotated[str, From(*BEGUN)]
    status: Annotated[str, From(*BEGUN, *ENDED)]
    input: Annotated[Logged, From(*BEGUN)]
    output: Annotated[Logged | None, From(ToolCallCompleted)]
    error: Annotated[str | None, From(ToolCallFailed), From(ToolCallDenied, field="reason")]
    duration_ms: Annotated[int | None, From(*ENDED)]
    turn_number: Annotated[int, From(*BEGUN)]
    timestamp: Annotated[datetime, When(*BEGUN)]


class AuditedProjects(
    Table, name="audited_projects", group="tool_calls", born=(ProjectCreated,), dies=(ProjectDeleted,), stamped=False
):
    """Which projects there are, as far as this group has read: what goes with them is decided here alone."""

    id: Annotated[str, Stream()]


class AuditedAgents(
    Table,
    name="audited_agents",
    group="tool_calls",
    born=(AgentCreated,),
    dies=(AgentDeleted,),
    indexes=("project_id",),
    stamped=False,
):
    id: Annotated[str, Stream()]
    project_id: Annotated[str | None, From(AgentCreated), References("audited_projects", "cascade")]


class AuditedTasks(
    Table,
    name="audited_tasks",
    group="tool_calls",
    born=(TaskCreated,),
    dies=(TaskDeleted,),
    indexes=("project_id", "parent_task_id"),
    stamped=False,
):
    id: Annotated[str, Stream()]
    project_id: Annotated[str | None, From(TaskCreated), References("audited_projects", "cascade")]
    parent_task_id: Annotated[str | None, From(TaskCreated), References("audited_tasks", "cascade")]


class RunTools(Table, name="run_tools", group="tool_calls", key=("agent_run_id", "tool"), stamped=False):
    """AgentPane's list of {tool, count, totalDuration} of each run."""

    agent_run_id: Annotated[str, Stream(ToolCallStarted, *ENDED)]
    tool: Annotated[str, From(ToolCallStarted, *ENDED)]
    count: Annotated[int, Count(ToolCallStarted)]
    total_duration_ms: Annotated[int, Sum("duration_ms", *ENDED)]


def of_run(tables: ReadTables, run_id: str) -> list[dict[str, Any]]:
    """How often a run used each tool, most used first: {tool, count, total_duration_ms}."""
    chosen = sa.select(RunTools.c.tool, RunTools.c.count, RunTools.c.total_duration_ms)
    chosen = chosen.where(RunTools.c.agent_run_id == run_id)
    return tables.all(chosen.order_by(RunTools.c["count"].desc(), RunTools.c.tool))
