"""Sessions over HTTP, each with who takes part, and with the feed of what apps published in it."""

from typing import Annotated, Any

from fastapi import Query

from workledger.api.web import commands
from workledger.api.web.answers import Json, read
from workledger.api.web.bodies import model
from workledger.api.web.caller import TheBeginner
from workledger.api.web.deps import BIGGEST, Reached, TheTables
from workledger.api.web.documented import READS, Answers, TypedDict, answering
from workledger.api.web.ids import AnyId, TheId
from workledger.api.web.listing import Listing, Sort, containing, equal, since, until
from workledger.api.web.resource import resource
from workledger.domain.session import Session
from workledger.domain.session.events import SessionNotFound
from workledger.domain.session.session import Status
from workledger.domain.session_feed import SessionFeed, publish
from workledger.projections import session_feed, sessions
from workledger.projections.engine.tables import ReadTables
from workledger.projections.sessions import Sessions

SESSIONS = Listing(
    Sessions,
    filters={
        "project_id": equal(Sessions.c.project_id, AnyId),
        "task_id": equal(Sessions.c.task_id, AnyId),
        "agent_id": equal(Sessions.c.agent_id, AnyId),
        "status": equal(Sessions.c.status, Status),
        "is_active": equal(Sessions.c.is_active, bool),
        "url": equal(Sessions.c.url),
        "search": containing(Sessions.c.title),
        "date_from": since(Sessions.c.created_at),
        "date_to": until(Sessions.c.created_at),
    },
    sorts={
        "created_at": Sort([Sessions.c.created_at], "desc"),
        "updated_at": Sort([Sessions.c.updated_at], "desc"),
    },
)


class WithParticipants(TypedDict):
    """What a session is shown with."""

    participants: list[sessions.SessionParticipantRow]


def _with_participants(tables: ReadTables, row: dict[str, Any]) -> WithParticipants:
    """A session, with who takes part; with `at`, as it was."""
    return {"participants": sessions.participants(tables, row["id"])}


router = resource(Session, SESSIONS, "sessions", details=_with_participants)


@router.get("/sessions/{id}/feed")
@answering(
    Answers(
        {"items": [session_feed.SessionEventRow], "position": int},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [SessionNotFound.code]},
    )
)
def feed(
    id: TheId,
    tables: TheTables,
    position: Reached,
    from_offset: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    types: Annotated[
        str | None, Query(max_length=1000, description="those of these types, with commas between")
    ] = None,
) -> Json:
    """The entries at an offset and after it."""
    if sessions.get(tables, id) is None:
        raise SessionNotFound(id=id)
    chosen = tuple(types.split(",")) if types else ()
    items = session_feed.since(tables, id, max(from_offset, 1) - 1, limit=limit, types=chosen)
    return read({"items": items, "position": position}, position)


Entry = model("Entry", SessionFeed.entry, without=("session_id",))


@router.post("/sessions/{id}/feed", status_code=201)
@answering(commands.appended_shape("offset"))
def write_feed(id: TheId, entry: Entry, caller: TheBeginner) -> Json:  # type: ignore[valid-type]
    """Publish an entry; it is found by what the session is found by."""
    session = caller.ledger.get(Session, id)
    about: dict[str, Any] = {"project_id": session.project_id, "agent_id": session.agent_id, "task_id": session.task_id}
    with caller.unit() as unit:
        publish(unit, session_id=id, **about, **entry.arguments())  # type: ignore[attr-defined]
    return commands.appended(caller, unit, "offset")
