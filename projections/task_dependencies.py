"""What each task waits for (Codewalkers, domain.md 1.2); a row for each edge, found from both ends."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.task.card_events import TaskDependencyAdded, TaskDependencyRemoved
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.statement import Statement
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


DEPENDENCIES = Statement(
    sa.select(TaskDependencies.c.depends_on_task_id)
    .where(TaskDependencies.c.task_id == sa.bindparam("id"))
    .order_by(TaskDependencies.c.depends_on_task_id)
)
DEPENDENTS = Statement(
    sa.select(TaskDependencies.c.task_id)
    .where(TaskDependencies.c.depends_on_task_id == sa.bindparam("id"))
    .order_by(TaskDependencies.c.task_id)
)


def dependencies(tables: ReadTables, task_id: str) -> list[str]:
    """The ids of the tasks that a task waits for (Codewalkers `getDependencies`)."""
    return [row["depends_on_task_id"] for row in tables.run(DEPENDENCIES, id=task_id)]


def dependents(tables: ReadTables, task_id: str) -> list[str]:
    """The ids of the tasks that wait for a task (Codewalkers `getDependents`)."""
    return [row["task_id"] for row in tables.run(DEPENDENTS, id=task_id)]
