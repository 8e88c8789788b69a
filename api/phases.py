"""Phases over HTTP, each with its dependencies, its tasks and its review (Codewalkers, domain.md 1.2 and 2.7)."""

from typing import Any

from workledger.api.web.documented import TypedDict
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.domain.phase import Phase
from workledger.domain.phase.phase import Status
from workledger.domain.task.board import Status as TaskStatus
from workledger.projections import phases, review_comments
from workledger.projections.engine.tables import ReadTables
from workledger.projections.phase_dependencies import dependencies, dependents
from workledger.projections.phases import PROGRESS, Phases

PHASES = Listing(
    Phases,
    filters={
        "initiative_id": equal(Phases.c.initiative_id, AnyId),
        "status": equal(Phases.c.status, Status),
        "queued": equal(Phases.c.queued, bool),
        "search": containing(Phases.c.name),
    },
    sorts={
        "created_at": Sort([Phases.c.created_at], "asc"),
        "updated_at": Sort([Phases.c.updated_at], "desc"),
        "name": Sort([Phases.c.name], "asc"),
    },
    columns=PROGRESS,
)


class WithEdges(TypedDict):
    """What a phase is shown with: `task_counts` by status, and how many of its comments are not resolved."""

    depends_on: list[str]
    dependents: list[str]
    task_counts: dict[TaskStatus, int]
    open_comments: int


def _with_edges(tables: ReadTables, row: dict[str, Any]) -> WithEdges:
    """A phase, with what it waits for, what waits for it, its tasks counted by status, and how many of its review
    comments are open; with `at`, as it was."""
    return {
        "depends_on": dependencies(tables, row["id"]),
        "dependents": dependents(tables, row["id"]),
        "task_counts": phases.task_counts(tables, row["id"]),
        "open_comments": review_comments.open_on(tables, row["id"]),
    }


router = resource(Phase, PHASES, "phases", details=_with_edges)
