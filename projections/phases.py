"""Phases of initiatives, in their lifecycle, each with its progress (Codewalkers, domain.md 1.2 and 3.7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import sqlalchemy as sa

from workledger.domain.phase.events import (
    PhaseApproved,
    PhaseBlocked,
    PhaseChangesRequested,
    PhaseCompleted,
    PhaseContentChanged,
    PhaseCreated,
    PhaseDeleted,
    PhaseMerged,
    PhaseQueued,
    PhaseRenamed,
    PhaseReopened,
    PhaseReviewRequested,
    PhaseStarted,
    PhaseUnblocked,
)
from workledger.domain.phase.phase import Status
from workledger.domain.task import board
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import Becomes, From, Logged, References, Stream, When
from workledger.projections.engine.statement import Query, Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.phase_dependencies import PhaseDependencies
from workledger.projections.tasks import Tasks

STATUS = (
    PhaseCreated,
    PhaseApproved,
    PhaseStarted,
    PhaseBlocked,
    PhaseUnblocked,
    PhaseReviewRequested,
    PhaseChangesRequested,
    PhaseCompleted,
    PhaseReopened,
)
QUEUE = (PhaseQueued, PhaseStarted, PhaseBlocked, PhaseUnblocked)


class PhaseRow(Stamped):
    """A part of an initiative; `content` is a document, which stays in the log."""

    id: Annotated[str, Stream()]
    initiative_id: Annotated[str, From(PhaseCreated), References("initiatives", "cascade")]
    name: Annotated[str, From(PhaseCreated, PhaseRenamed)]
    content: Annotated[Any, Logged(PhaseCreated, PhaseContentChanged)]
    status: Annotated[Status, From(*STATUS)]
    queued: Annotated[bool, Becomes({PhaseCreated: False}), From(*QUEUE)]
    blocked_reason: Annotated[str | None, From(PhaseBlocked, field="reason"), From(PhaseUnblocked)]
    merge_base: Annotated[str | None, From(PhaseMerged)]
    merge_sha: Annotated[str | None, From(PhaseMerged)]
    started_at: Annotated[datetime | None, When(PhaseStarted)]
    review_requested_at: Annotated[datetime | None, When(PhaseReviewRequested)]
    completed_at: Annotated[datetime | None, When(PhaseCompleted), From(PhaseReopened)]


class Phases(
    Table,
    row=PhaseRow,
    name="phases",
    born=(PhaseCreated,),
    dies=(PhaseDeleted,),
    indexes=("initiative_id, created_at, id", "status, created_at, id", "created_at, id"),
):
    """Phases until they are deleted."""


class PlannedPhaseRow(PhaseRow):
    """A phase, with how far it is: how many of the phases that it depends on are not completed, how many tasks it has,
    without dropped ones, and how many of those are done."""

    unmet_dependencies: int
    tasks: int
    tasks_done: int


def unmet_dependencies() -> sa.Label[int]:
    """The column of a query of phases: how many that each depends on are not completed."""
    edges, other = PhaseDependencies, Phases.table.alias("other")
    unmet = sa.select(sa.func.count()).select_from(edges.table.join(other, other.c.id == edges.c.depends_on_phase_id))
    unmet = unmet.where(edges.c.phase_id == Phases.c.id, other.c.status != "completed")
    return unmet.correlate(Phases.table).scalar_subquery().label("unmet_dependencies")


def _tasks(name: str, *statuses: str) -> sa.Label[int]:
    counted = sa.select(sa.func.count()).where(Tasks.c.phase_id == Phases.c.id, Tasks.c.status.in_(statuses))
    return counted.correlate(Phases.table).scalar_subquery().label(name)


PROGRESS = (
    unmet_dependencies(),
    _tasks("tasks", "pending", "in_progress", "blocked", "completed"),
    _tasks("tasks_done", "completed"),
)
ALL: Query = sa.select(Phases.table, *PROGRESS)
"""The columns of PlannedPhaseRow, of all phases, to be narrowed and ordered."""

GET = Statement(ALL.where(Phases.c.id == sa.bindparam("id")), PlannedPhaseRow)
OF_INITIATIVE = Statement(
    ALL.where(Phases.c.initiative_id == sa.bindparam("initiative_id")).order_by(Phases.c.created_at, Phases.c.id),
    PlannedPhaseRow,
)


class PhaseCount(TableRow):
    """How many phases have a status."""

    status: Status
    count: int


class TaskCount(TableRow):
    """How many tasks have a status."""

    status: board.Status
    count: int


COUNTS = Statement(
    sa.select(Phases.c.status, sa.func.count().label("count"))
    .where(Phases.c.initiative_id == sa.bindparam("initiative_id"))
    .group_by(Phases.c.status),
    PhaseCount,
)
TASK_COUNTS = Statement(
    sa.select(Tasks.c.status, sa.func.count().label("count"))
    .where(Tasks.c.phase_id == sa.bindparam("phase_id"))
    .group_by(Tasks.c.status),
    TaskCount,
)


def get(tables: ReadTables, id: str) -> PlannedPhaseRow | None:
    """The phase with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def of_initiative(tables: ReadTables, initiative_id: str) -> Sequence[PlannedPhaseRow]:
    """The phases of an initiative, oldest first (Codewalkers `findByInitiativeId`)."""
    return tables.run(OF_INITIATIVE, initiative_id=initiative_id)


def counts(tables: ReadTables, initiative_id: str) -> dict[Status, int]:
    """How many phases of an initiative have each status; those that none has are left out."""
    return {row["status"]: row["count"] for row in tables.run(COUNTS, initiative_id=initiative_id)}


def task_counts(tables: ReadTables, phase_id: str) -> dict[board.Status, int]:
    """How many tasks of a phase have each status, those that none has are left out; dropped ones are cancelled."""
    return {row["status"]: row["count"] for row in tables.run(TASK_COUNTS, phase_id=phase_id)}
