"""Initiatives over HTTP, each with its projects and its phases (Codewalkers, domain.md 1.2 and 2.6)."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from workledger.api.web.documented import TypedDict
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Filter, Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.domain.initiative import ExecutionMode, Initiative, Status
from workledger.domain.phase.phase import Status as Phase
from workledger.projections import initiatives, phases
from workledger.projections.engine.tables import ReadTables
from workledger.projections.initiatives import InitiativeProjects, Initiatives


def _linked(tables: ReadTables, project_id: Any) -> sa.ColumnElement[bool]:
    link = InitiativeProjects.c
    return sa.exists().where(link.initiative_id == Initiatives.c.id, link.project_id == project_id)


INITIATIVES = Listing(
    Initiatives,
    filters={
        "status": equal(Initiatives.c.status, Status),
        "project_id": Filter(_linked, AnyId, bound=True),
        "execution_mode": equal(Initiatives.c.execution_mode, ExecutionMode),
        "search": containing(Initiatives.c.name, Initiatives.c.branch),
    },
    sorts={
        "created_at": Sort([Initiatives.c.created_at], "desc"),
        "updated_at": Sort([Initiatives.c.updated_at], "desc"),
        "name": Sort([Initiatives.c.name], "asc"),
    },
)


class WithPlan(TypedDict):
    """What an initiative is shown with."""

    projects: Sequence[initiatives.LinkedProjectRow]
    phases: dict[Phase, int]


def _with_plan(tables: ReadTables, row: dict[str, Any]) -> WithPlan:
    """An initiative, with the projects that it is linked to, and how many phases of each status it has; with `at`, as
    it was."""
    return {
        "projects": initiatives.projects_of(tables, row["id"]),
        "phases": phases.counts(tables, row["id"]),
    }


router = resource(Initiative, INITIATIVES, "initiatives", details=_with_plan)
