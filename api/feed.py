"""The live feed: new events over server-sent events, from any position, resumable where it broke off.

Each frame's id is the position of its event, so `Last-Event-ID` resumes without a gap and without a double (R6).
`bye` says that the server stops. `reset` says that the subscription was dropped, as its client was too slow, or ahead
of the log. It may resume at the position that `reset` names, or read the tables again.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse
from starlette.responses import StreamingResponse

from workledger.api.events import Topics, named
from workledger.api.web.deps import BIGGEST, TheService
from workledger.api.web.documented import READS, Answers, answering
from workledger.api.web.frames import Wanted
from workledger.api.web.ids import AnyId
from workledger.api.web.strict import StrictRoute
from workledger.api.web.tail import TooManyFeeds

router = APIRouter(tags=["events"], route_class=StrictRoute)

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/feed", response_class=StreamingResponse)
@answering(Answers(None, refused=(*READS, 429), codes={429: [TooManyFeeds.code]}, media="text/event-stream"))
async def feed(
    service: TheService,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] | Literal["now"] = "now",
    project_id: Annotated[AnyId | None, Query()] = None,
    topics: Topics = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=BIGGEST)] = None,
) -> EventSourceResponse:
    """Events as they come, each `{position, stream_id, version, topic, at, actor, …, tags, data}`."""
    start = None if after == "now" else after
    chosen = await run_in_threadpool(named, service.ledger, topics) if topics else ()
    wanted = Wanted(project_id, frozenset(chosen))
    frames = await service.tail.subscribe(wanted, start if last_event_id is None else last_event_id)
    return EventSourceResponse(frames, headers=HEADERS)
