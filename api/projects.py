"""Projects over HTTP, each with its board and its commit history."""

from typing import Annotated

from fastapi import Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import BIGGEST, Reached, TheText
from workledger.api.web.documented import READS, Answers, TypedDict, answering
from workledger.api.web.ids import TheId
from workledger.api.web.listing import LONGEST_PAGE, Listing, Sort, containing, equal
from workledger.api.web.resource import resource
from workledger.api.web.rows import endpoint, with_state
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.project.project import Stage, Status
from workledger.domain.task import Task
from workledger.domain.task.board import DRAGS, Column
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

router = resource(Project, PROJECTS, "projects")


class BoardCard(tasks.PlacedCardRow):
    """A card, with its state and the commands it takes."""

    state: str | None
    commands: list[str]


class Offsets(TypedDict):
    """Where a page is in all that there is."""

    total: int
    limit: int
    offset: int
    has_more: bool


class BoardColumn(TypedDict):
    """A column of the board: `drags` are the commands that lead a card to others."""

    name: Column
    title: str
    count: int
    drags: dict[Column, str]
    tasks: list[BoardCard]


@router.get("/projects/{id}/board")
@answering(
    Answers(
        {"project": ProjectRow, "position": int, "columns": [BoardColumn]},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [ProjectNotFound.code]},
    )
)
def the_board(
    id: TheId, tables: TheText, position: Reached, limit: Annotated[int, Query(ge=1, le=1000)] = tasks.CARDS
) -> Json:
    """Its columns with their counts, the commands that drags to other columns are, and the first cards in order."""
    project = projects.get(tables, id)
    if project is None:
        raise ProjectNotFound(id=id)
    counts, cards = tasks.counts(tables, id), tasks.board(tables, id, limit=limit)
    columns = [
        {
            "name": name,
            "title": title,
            "count": counts[name],
            "drags": drags_from(name),
            "tasks": [with_state(Task, card) for card in cards[name]],
        }
        for name, title in TITLES.items()
    ]
    return read({"project": project, "position": position, "columns": columns}, position)


def drags_from(column: str) -> dict[str, str]:
    """The columns that a card may be dragged to, and the command that such a drag is."""
    return {to: endpoint(command) for (start, to), (command, _) in DRAGS.items() if start == column}


@router.get("/projects/{id}/commits")
@answering(Answers({"commits": [commits.HistoryRow], "pagination": Offsets}, headers=["X-Position"]))
def commit_history(
    id: TheId,
    tables: TheText,
    position: Reached,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 20,
    offset: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
) -> Json:
    """Its commits, newest first, a page at a time; a project that is not there has none (Elmer, E1 to E4)."""
    total = commits.count(tables, id)
    page = commits.history(tables, id, limit=limit, offset=offset)
    pagination = {"total": total, "limit": limit, "offset": offset, "has_more": offset + len(page) < total}
    return read({"commits": page, "pagination": pagination}, position)
