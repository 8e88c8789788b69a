"""The live feed: new events over server-sent events, from any position, resumable where it broke off.

Each frame's id is the position of its event, so `Last-Event-ID` resumes without a gap and without a double (R6).
`bye` says that the server stops. `reset` says that the subscription was dropped, as its client was too slow, or ahead
of the log: it has to read the tables again.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse
from starlette.responses import StreamingResponse

from workledger.api.events import Topics, named
from workledger.api.web.deps import BIGGEST, TheService
from workledger.api.web.subscription import Wanted
from workledger.domain.kernel.ids import Id

router = APIRouter(tags=["events"])

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/feed", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def feed(
    service: TheService,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] | Literal["now"] = "now",
    project_id: Annotated[Id | None, Query()] = None,
    topics: Topics = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=BIGGEST)] = None,
) -> EventSourceResponse:
    """Events as they come, each `{position, stream_id, version, topic, at, actor, …, tags, data}`."""
    start = None if after == "now" else after
    wanted = Wanted(project_id, frozenset(named(topics)))
    frames = await service.tail.subscribe(wanted, start if last_event_id is None else last_event_id)
    return EventSourceResponse(frames, headers=HEADERS)
