"""Initiatives, and the projects that each is linked to (Codewalkers, domain.md 1.2 and 3.7)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

from workledger.domain.initiative import (
    InitiativeArchived,
    InitiativeBranchSet,
    InitiativeChangesRequested,
    InitiativeCompleted,
    InitiativeCreated,
    InitiativeDeleted,
    InitiativeProjectLinked,
    InitiativeProjectUnlinked,
    InitiativeRenamed,
    InitiativeReopened,
    InitiativeReviewRequested,
    Status,
)
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import Becomes, From, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.projects import ProjectRow, Projects

STATUS = (
    InitiativeCreated,
    InitiativeReviewRequested,
    InitiativeChangesRequested,
    InitiativeCompleted,
    InitiativeArchived,
    InitiativeReopened,
)
LINK = (InitiativeProjectLinked, InitiativeProjectUnlinked)


class InitiativeRow(Stamped):
    """A goal that is planned in phases."""

    id: Annotated[str, Stream()]
    name: Annotated[str, From(InitiativeCreated, InitiativeRenamed)]
    status: Annotated[Status, From(*STATUS)]
    branch: Annotated[str | None, From(InitiativeBranchSet)]
    execution_mode: Annotated[str, From(InitiativeCreated)]
    review_requested_at: Annotated[datetime | None, When(InitiativeReviewRequested)]
    completed_at: Annotated[datetime | None, When(InitiativeCompleted), Becomes({InitiativeReopened: None})]


class Initiatives(
    Table,
    row=InitiativeRow,
    name="initiatives",
    born=(InitiativeCreated,),
    dies=(InitiativeDeleted,),
    indexes=("status, created_at, id", "created_at, id", "updated_at, id"),
):
    """Initiatives until they are deleted; archived ones too."""


class InitiativeProjectRow(TableRow):
    """A link of an initiative to a project, and since when."""

    initiative_id: Annotated[str, Stream(), References("initiatives", "cascade")]
    project_id: Annotated[str, From(*LINK), References("projects", "cascade")]
    linked_at: Annotated[datetime, When(InitiativeProjectLinked)]


class InitiativeProjects(
    Table,
    row=InitiativeProjectRow,
    name="initiative_projects",
    born=(InitiativeProjectLinked,),
    dies=(InitiativeProjectUnlinked,),
    key=("initiative_id", "project_id"),
    indexes=("project_id",),
):
    """The links between initiatives and projects, found from both ends."""


class LinkedProjectRow(ProjectRow):
    """A project that an initiative is linked to, and since when."""

    linked_at: datetime


GET = Statement(Initiatives.table.select().where(Initiatives.c.id == sa.bindparam("id")), InitiativeRow)
ALL = Statement(Initiatives.table.select().order_by(Initiatives.c.created_at, Initiatives.c.id), InitiativeRow)
BY_STATUS = Statement(
    Initiatives.table.select()
    .where(Initiatives.c.status == sa.bindparam("status"))
    .order_by(Initiatives.c.created_at, Initiatives.c.id),
    InitiativeRow,
)
PROJECTS = Statement(
    sa.select(Projects.table, InitiativeProjects.c.linked_at)
    .join(InitiativeProjects.table, InitiativeProjects.c.project_id == Projects.c.id)
    .where(InitiativeProjects.c.initiative_id == sa.bindparam("id"))
    .order_by(Projects.c.name, Projects.c.id),
    LinkedProjectRow,
)
OF_PROJECT = Statement(
    sa.select(Initiatives.table)
    .join(InitiativeProjects.table, InitiativeProjects.c.initiative_id == Initiatives.c.id)
    .where(InitiativeProjects.c.project_id == sa.bindparam("project_id"))
    .order_by(Initiatives.c.created_at, Initiatives.c.id),
    InitiativeRow,
)


def get(tables: ReadTables, id: str) -> InitiativeRow | None:
    """The initiative with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def find_all(tables: ReadTables) -> Sequence[InitiativeRow]:
    """All initiatives, oldest first (Codewalkers `findAll`)."""
    return tables.run(ALL)


def by_status(tables: ReadTables, status: str) -> Sequence[InitiativeRow]:
    """The initiatives of that status, oldest first (Codewalkers `findByStatus`)."""
    return tables.run(BY_STATUS, status=status)


def projects_of(tables: ReadTables, initiative_id: str) -> Sequence[LinkedProjectRow]:
    """The projects that an initiative is linked to, by name (Codewalkers `findProjectsByInitiativeId`)."""
    return tables.run(PROJECTS, id=initiative_id)


def of_project(tables: ReadTables, project_id: str) -> Sequence[InitiativeRow]:
    """The initiatives that a project is linked to, oldest first."""
    return tables.run(OF_PROJECT, project_id=project_id)
