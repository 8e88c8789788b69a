"""Tool calls, as an audit shows them, and how often each run used each tool (AgentPane, domain.md 1.4 and 3.7)."""

from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.agent import AgentCreated, AgentDeleted
from workledger.domain.project.events import ProjectCreated, ProjectDeleted
from workledger.domain.task.card_events import TaskCreated
from workledger.domain.task.events import TaskDeleted
from workledger.domain.tool_calls import ToolCallCompleted, ToolCallDenied, ToolCallFailed, ToolCallStarted
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import Count, From, Logged, References, Stream, Sum, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

BEGUN = (ToolCallStarted, ToolCallDenied)
ENDED = (ToolCallCompleted, ToolCallFailed)


class ToolCallRow(Stamped):
    """A call of a tool by an agent in a run."""

    id: Annotated[str, From(*BEGUN, *ENDED, field="tool_call_id")]
    agent_id: Annotated[str, From(*BEGUN), References("audited_agents", "cascade")]
    agent_run_id: Annotated[str, Stream()]
    task_id: Annotated[str | None, From(*BEGUN), References("audited_tasks", "null")]
    project_id: Annotated[str | None, From(*BEGUN), References("audited_projects", "cascade")]
    tool: Annotated[str, From(*BEGUN)]
    status: Annotated[str, From(*BEGUN, *ENDED)]
    input: Annotated[Any, Logged(*BEGUN)]
    output: Annotated[Any, Logged(ToolCallCompleted)]
    error: Annotated[str | None, From(ToolCallFailed), From(ToolCallDenied, field="reason")]
    duration_ms: Annotated[int | None, From(*ENDED)]
    turn_number: Annotated[int, From(*BEGUN)]
    timestamp: Annotated[datetime, When(*BEGUN)]


class ToolCalls(
    Table,
    row=ToolCallRow,
    name="tool_calls",
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
    """The calls of all runs. A call's id is the caller's own, and names it within its run; it may be denied before it
    starts, or after."""


class AuditedProjectRow(TableRow):
    """A project that tool calls may belong to."""

    id: Annotated[str, Stream()]


class AuditedProjects(
    Table, row=AuditedProjectRow, name="audited_projects", born=(ProjectCreated,), dies=(ProjectDeleted,)
):
    """Which projects there are, as far as this group has read: it may not read the tables of another group when it
    decides what a deleted project takes along."""


class AuditedAgentRow(TableRow):
    """An agent that tool calls may belong to."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str | None, From(AgentCreated), References("audited_projects", "cascade")]


class AuditedAgents(
    Table,
    row=AuditedAgentRow,
    name="audited_agents",
    born=(AgentCreated,),
    dies=(AgentDeleted,),
    indexes=("project_id",),
):
    """Which agents there are, as far as this group has read."""


class AuditedTaskRow(TableRow):
    """A task that tool calls may belong to."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str | None, From(TaskCreated), References("audited_projects", "cascade")]
    parent_task_id: Annotated[str | None, From(TaskCreated), References("audited_tasks", "cascade")]


class AuditedTasks(
    Table,
    row=AuditedTaskRow,
    name="audited_tasks",
    born=(TaskCreated,),
    dies=(TaskDeleted,),
    indexes=("project_id", "parent_task_id"),
):
    """Which tasks there are, as far as this group has read."""


class RunToolRow(TableRow):
    """How often a run used a tool, and how long that took in all."""

    agent_run_id: Annotated[str, Stream(ToolCallStarted, *ENDED)]
    tool: Annotated[str, From(ToolCallStarted, *ENDED)]
    count: Annotated[int, Count(ToolCallStarted)]
    total_duration_ms: Annotated[int, Sum("duration_ms", *ENDED)]


class RunTools(Table, row=RunToolRow, name="run_tools", key=("agent_run_id", "tool")):
    """AgentPane's list of {tool, count, totalDuration} of each run."""


class ToolUse(TableRow):
    """How often a run used a tool, and how long that took in all."""

    tool: str
    count: int
    total_duration_ms: int


OF_RUN = Statement(
    sa.select(RunTools.c.tool, RunTools.c["count"], RunTools.c.total_duration_ms)
    .where(RunTools.c.agent_run_id == sa.bindparam("run_id"))
    .order_by(RunTools.c["count"].desc(), RunTools.c.tool),
    ToolUse,
)


def of_run(tables: ReadTables, run_id: str) -> list[ToolUse]:
    """The tools that a run used, most used first."""
    return tables.run(OF_RUN, run_id=run_id)
