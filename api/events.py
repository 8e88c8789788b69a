"""The log over HTTP: events in the order of their positions, of all streams or of what an id is found by."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from workledger.api.web.answers import Json, event_json, read
from workledger.api.web.deps import BIGGEST, TheLedger
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import InvalidInput

router = APIRouter(tags=["events"])

Tag = Annotated[Id | None, Query()]
Topics = Annotated[str | None, Field(max_length=4000, description="those of these topics, with commas between")]


@router.get("/events")
def events(
    ledger: TheLedger,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    topics: Topics = None,
    project_id: Tag = None,
    task_id: Tag = None,
    agent_id: Tag = None,
    run_id: Tag = None,
    session_id: Tag = None,
    workspace_id: Tag = None,
) -> Json:
    """A page of the log. `position` is how far it has been read: the next page comes after it."""
    tags = {
        "project": project_id,
        "task": task_id,
        "agent": agent_id,
        "run": run_id,
        "session": session_id,
        "workspace": workspace_id,
    }
    given = [(name, id) for name, id in tags.items() if id]
    if len(given) > 1:
        raise InvalidInput(summary="query: events are found by one id at a time")
    head = ledger.head()
    rows = ledger.read(after, limit, upto=head, topics=named(topics), tag=given[0] if given else None)
    position = rows[-1].position if len(rows) == limit else max(head, after)
    return read({"items": [event_json(row) for row in rows], "position": position}, position)


def named(topics: str | None) -> tuple[str, ...]:
    return tuple(filter(None, topics.split(","))) if topics else ()
