"""What each task waits for (Codewalkers, domain.md 1.2); a row for each edge, found from both ends."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.task.card_events import TaskDependencyAdded, TaskDependencyRemoved
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

EDGE = (TaskDependencyAdded, TaskDependencyRemoved)


class TaskDependencyRow(TableRow):
    """An edge: a task, and one that must be done before it."""

    task_id: Annotated[str, Stream(), References("tasks", "cascade")]
    depends_on_task_id: Annotated[str, From(*EDGE), References("tasks", "cascade")]


class TaskDependencies(
    Table,
    row=TaskDependencyRow,
    name="task_dependencies",
    born=(TaskDependencyAdded,),
    dies=(TaskDependencyRemoved,),
    key=("task_id", "depends_on_task_id"),
    indexes=("depends_on_task_id",),
):
    """The edges between tasks, found from both ends."""


def dependencies(tables: ReadTables, task_id: str) -> list[str]:
    """The ids of the tasks that a task waits for (Codewalkers `getDependencies`)."""
    edge = TaskDependencies.c
    chosen = sa.select(edge.depends_on_task_id).where(edge.task_id == task_id).order_by(edge.depends_on_task_id)
    return [row["depends_on_task_id"] for row in tables.all(chosen)]


def dependents(tables: ReadTables, task_id: str) -> list[str]:
    """The ids of the tasks that wait for a task (Codewalkers `getDependents`)."""
    edge = TaskDependencies.c
    chosen = sa.select(edge.task_id).where(edge.depends_on_task_id == task_id).order_by(edge.task_id)
    return [row["task_id"] for row in tables.all(chosen)]
