"""Projects over HTTP, each with its board and its commit history."""

from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web import commands, history, listing
from workledger.api.web.answers import Json, read, row_json
from workledger.api.web.bodies import StrictRoute, model
from workledger.api.web.deps import BIGGEST, Reached, TheId, TheLedger, TheTables
from workledger.api.web.history import At, as_it_was
from workledger.api.web.listing import Listing, Sort, containing, equal
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.project.project import Stage, Status
from workledger.domain.task.board import Column
from workledger.projections import commits, projects, tasks
from workledger.projections.projects import ProjectRow, Projects

TITLES: dict[Column, str] = {
    "backlog": "Backlog",
    "in_progress": "In progress",
    "waiting_approval": "Waiting approval",
    "verified": "Verified",
}

PROJECTS = Listing(
    Projects,
    filters={
        "search": containing(Projects.c.name, Projects.c.description),
        "status": equal(Projects.c.status, Status),
        "stage": equal(Projects.c.stage, Stage),
        "workspace_id": equal(Projects.c.workspace_id),
    },
    sorts={
        "updated_at": Sort([Projects.c.updated_at], "desc"),
        "created_at": Sort([Projects.c.created_at], "desc"),
        "name": Sort([Projects.c.name], "asc"),
    },
    limit=20,
)

router = APIRouter(prefix="/projects", tags=["projects"], route_class=StrictRoute)

listing.add(router, PROJECTS)
commands.add_create(
    router, Project, lambda unit, given: unit.create(Project.create(**given)), model("NewProject", Project.create)
)


@router.get("/{id}")
def detail(id: TheId, tables: TheTables, ledger: TheLedger, position: Reached, at: At = None) -> Json:
    if at is not None:
        return as_it_was(ledger, Project, id, at)
    return row_json(found(projects.get(tables, id), id), position)


@router.get("/{id}/board")
def the_board(
    id: TheId, tables: TheTables, position: Reached, limit: Annotated[int, Query(ge=1, le=1000)] = tasks.CARDS
) -> Json:
    """Its columns with their counts, and the first cards of each in order, with dense positions."""
    project = found(projects.get(tables, id), id)
    counts, cards = tasks.counts(tables, id), tasks.board(tables, id, limit=limit)
    columns = [
        {"name": name, "title": title, "count": counts[name], "tasks": cards[name]} for name, title in TITLES.items()
    ]
    return read({"project": project, "position": position, "columns": columns}, position)


@router.get("/{id}/commits")
def commit_history(
    id: TheId,
    tables: TheTables,
    position: Reached,
    limit: Annotated[int, Query(ge=1, le=listing.LONGEST_PAGE)] = 20,
    offset: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
) -> Json:
    """Its commits, newest first, a page at a time; a project that is not there has none (Elmer, E1 to E4)."""
    total = commits.count(tables, id)
    page = commits.history(tables, id, limit=limit, offset=offset)
    pagination = {"total": total, "limit": limit, "offset": offset, "has_more": offset + len(page) < total}
    return read({"commits": page, "pagination": pagination}, position)


def found(row: ProjectRow | None, id: str) -> ProjectRow:
    """
    Raises:
        ProjectNotFound: there is no such row.
    """
    if row is None:
        raise ProjectNotFound(id=id)
    return row


history.add(router, Project)
commands.add(router, Project)
