"""What each task waits for (Codewalkers, DOMAIN.md 1.2); a row for each edge, found from both ends."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.task.card_events import TaskDependencyAdded, TaskDependencyRemoved
from workledger.projections.engine.table import From, References, Stream, Table
from workledger.projections.engine.tables import ReadTables

EDGE = (TaskDependencyAdded, TaskDependencyRemoved)


class TaskDependencies(
    Table,
    name="task_dependencies",
    group="board",
    born=(TaskDependencyAdded,),
    dies=(TaskDependencyRemoved,),
    key=("task_id", "depends_on_task_id"),
    indexes=("depends_on_task_id",),
    stamped=False,
):
    task_id: Annotated[str, Stream(), References("tasks", "cascade")]
    depends_on_task_id: Annotated[str, From(*EDGE), References("tasks", "cascade")]


def dependencies(tables: ReadTables, task_id: str) -> list[str]:
    """The tasks that it waits for."""
    edge = TaskDependencies.c
    chosen = sa.select(edge.depends_on_task_id).where(edge.task_id == task_id).order_by(edge.depends_on_task_id)
    return [row["depends_on_task_id"] for row in tables.all(chosen)]


def dependents(tables: ReadTables, task_id: str) -> list[str]:
    """The tasks that wait for it."""
    edge = TaskDependencies.c
    chosen = sa.select(edge.task_id).where(edge.depends_on_task_id == task_id).order_by(edge.task_id)
    return [row["task_id"] for row in tables.all(chosen)]
