"""The plan: the initiatives of a project, the phases of an initiative step by step, and the tasks of a phase.

Each is read by itself, as far as somebody looks at it: a project may have thousands of phases, and many more tasks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count

import sqlalchemy as sa

from workledger.domain.phase.phase import Status
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.statement import Query, Statement
from workledger.projections.engine.tables import ReadTables
from workledger.projections.initiatives import InitiativeProjects, InitiativeRow, Initiatives
from workledger.projections.phase_dependencies import PhaseDependencies
from workledger.projections.phases import PROGRESS, Phases
from workledger.projections.review_comments import ReviewComments
from workledger.projections.task_dependencies import TaskDependencies
from workledger.projections.tasks import ALL_CARDS, CardRow, Tasks

PLANNED = Tasks.c.status != "cancelled"
"""Dropped tasks are no part of a plan."""


class PlannedInitiativeRow(InitiativeRow):
    """An initiative, with how far it is."""

    phases: int
    phases_done: int
    tasks: int
    tasks_done: int


class PhaseOfPlanRow(TableRow):
    """A phase without its content, with how far it is."""

    id: str
    initiative_id: str
    name: str
    status: Status
    queued: bool
    blocked_reason: str | None
    merge_base: str | None
    started_at: datetime | None
    completed_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    unmet_dependencies: int
    tasks: int
    tasks_done: int
    open_comments: int


class Step(PhaseOfPlanRow):
    """A phase in its place: those of one step, counted from 1, can be worked on at once."""

    step: int
    depends_on: list[str]


class Blocker(TableRow):
    """A task that another one waits for, as it is not done."""

    id: str
    title: str
    status: str


class PlannedTaskRow(CardRow):
    """A task of the plan, with what it waits for."""

    waits_for: list[Blocker]


def _counted(name: str, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> sa.Label[int]:
    counted = sa.select(sa.func.count()).where(table.c.initiative_id == Initiatives.c.id, *conditions)
    return counted.correlate(Initiatives.table).scalar_subquery().label(name)


# Answers are resolved with what they answer.
OPEN_COMMENTS: sa.Label[int] = (
    sa.select(sa.func.count())
    .where(
        ReviewComments.c.phase_id == Phases.c.id,
        ReviewComments.c.resolved.is_(False),
        ReviewComments.c.parent_comment_id.is_(None),
    )
    .correlate(Phases.table)
    .scalar_subquery()
    .label("open_comments")
)
LINKED = InitiativeProjects.c.project_id == sa.bindparam("project_id")
INITIATIVES = Statement(
    sa.select(
        Initiatives.table,
        _counted("phases", Phases.table),
        _counted("phases_done", Phases.table, Phases.c.status == "completed"),
        _counted("tasks", Tasks.table, PLANNED),
        _counted("tasks_done", Tasks.table, Tasks.c.status == "completed"),
    )
    .join(InitiativeProjects.table, InitiativeProjects.c.initiative_id == Initiatives.c.id)
    .where(LINKED)
    .order_by(Initiatives.c.status == "archived", Initiatives.c.created_at, Initiatives.c.id)
    .limit(sa.bindparam("limit")),
    PlannedInitiativeRow,
)
COUNT = Statement(sa.select(sa.func.count().label("count")).where(LINKED))
SHOWN = [Phases.c[name] for name in PhaseOfPlanRow.__annotations__ if name in Phases.c]
PHASES = Statement(
    sa.select(*SHOWN, *PROGRESS, OPEN_COMMENTS)
    .where(Phases.c.initiative_id == sa.bindparam("initiative_id"))
    .order_by(Phases.c.created_at, Phases.c.id),
    PhaseOfPlanRow,
)
EDGES = Statement(
    sa.select(PhaseDependencies.table)
    .join(Phases.table, Phases.c.id == PhaseDependencies.c.phase_id)
    .where(Phases.c.initiative_id == sa.bindparam("initiative_id"))
    .order_by(PhaseDependencies.c.phase_id, PhaseDependencies.c.depends_on_phase_id)
)
OF_PHASE = Tasks.c.phase_id == sa.bindparam("id")
OF_NO_PHASE = sa.and_(Tasks.c.initiative_id == sa.bindparam("id"), Tasks.c.phase_id.is_(None))


class _Tasks:
    """The tasks of a part of the plan, in its order, and what they wait for."""

    def __init__(self, part: sa.ColumnElement[bool]) -> None:
        chosen = ALL_CARDS.where(part, PLANNED).order_by(Tasks.c.plan_order, Tasks.c.id).limit(sa.bindparam("limit"))
        other = Tasks.table.alias("other")
        waiting: Query = (
            sa.select(TaskDependencies.c.task_id, other.c.id, other.c.title, other.c.status)
            .join(Tasks.table, Tasks.c.id == TaskDependencies.c.task_id)
            .join(other, other.c.id == TaskDependencies.c.depends_on_task_id)
            .where(part, PLANNED, other.c.status != "completed")
            .order_by(other.c.plan_order, other.c.id)
        )
        self._rows, self._waiting = Statement(chosen, CardRow), Statement(waiting)
        self._count = Statement(sa.select(sa.func.count().label("count")).where(part, PLANNED))

    def read(self, tables: ReadTables, id: str, limit: int) -> tuple[list[PlannedTaskRow], int]:
        blockers: dict[str, list[Blocker]] = {}
        for row in tables.run(self._waiting, id=id):
            blockers.setdefault(row.pop("task_id"), []).append({**row})  # type: ignore[typeddict-item]
        rows = tables.run(self._rows, id=id, limit=limit)
        [counted] = tables.run(self._count, id=id)
        return [{**row, "waits_for": blockers.get(row["id"], [])} for row in rows], counted["count"]


TASKS_OF_PHASE, LOOSE_TASKS = _Tasks(OF_PHASE), _Tasks(OF_NO_PHASE)


def initiatives(tables: ReadTables, project_id: str, limit: int) -> tuple[list[PlannedInitiativeRow], int]:
    """The first initiatives that a project is linked to, oldest first, archived ones last, and how many there are."""
    [counted] = tables.run(COUNT, project_id=project_id)
    return tables.run(INITIATIVES, project_id=project_id, limit=limit), counted["count"]


def phases(tables: ReadTables, initiative_id: str) -> list[Step]:
    """The phases of an initiative in the order of their dependencies: by step, and the oldest of a step first."""
    after: dict[str, list[str]] = {}
    for edge in tables.run(EDGES, initiative_id=initiative_id):
        after.setdefault(edge["phase_id"], []).append(edge["depends_on_phase_id"])
    rows = tables.run(PHASES, initiative_id=initiative_id)
    steps = steps_of([row["id"] for row in rows], after)
    planned: list[Step] = [{**row, "step": steps[row["id"]], "depends_on": after.get(row["id"], [])} for row in rows]
    return sorted(planned, key=lambda phase: phase["step"])


def tasks(tables: ReadTables, phase_id: str, limit: int) -> tuple[list[PlannedTaskRow], int]:
    """The first tasks of a phase in the order of the plan, and how many it has; dropped ones do not count."""
    return TASKS_OF_PHASE.read(tables, phase_id, limit)


def loose_tasks(tables: ReadTables, initiative_id: str, limit: int) -> tuple[list[PlannedTaskRow], int]:
    """The first tasks of an initiative that are in none of its phases, and how many there are."""
    return LOOSE_TASKS.read(tables, initiative_id, limit)


def steps_of(ids: Iterable[str], after: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The step of each: 1 where nothing has to come before, else one more than the last of what has to.

    Args:
        after: what each comes after, without a circle; others than those of `ids` do not count.
    """
    known = dict.fromkeys(ids)
    then: dict[str, list[str]] = {}
    unmet = {}
    for id in known:
        before = [other for other in after.get(id, ()) if other in known]
        unmet[id] = len(before)
        for other in before:
            then.setdefault(other, []).append(id)
    steps: dict[str, int] = {}
    ready = [id for id, number in unmet.items() if not number]
    for step in count(1):
        steps |= dict.fromkeys(ready, step)
        following = [other for id in ready for other in then.get(id, ())]
        for id in following:
            unmet[id] -= 1
        ready = [id for id in dict.fromkeys(following) if not unmet[id]]
        if not ready:
            break
    return steps
