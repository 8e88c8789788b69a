"""The log over HTTP: events in the order of their positions, of all streams or of what an id is found by."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.answers import Json, StoredEvent, event_json, read
from workledger.api.web.deps import BIGGEST, Reached, TheLedger
from workledger.api.web.documented import Answers, answering
from workledger.api.web.ids import AnyId
from workledger.api.web.strict import StrictRoute
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.refusals import InvalidInput

router = APIRouter(tags=["events"], route_class=StrictRoute)


class TopicUnknown(InvalidInput):
    """topics: there is no topic {topic}."""

    code = "TOPIC_UNKNOWN"


Tag = Annotated[AnyId | None, Query()]
Topics = Annotated[str | None, Field(max_length=16_000, description="those of these topics, with commas between")]


@router.get("/events")
@answering(Answers({"items": [StoredEvent], "position": int}, headers=["X-Position"]))
def events(
    ledger: TheLedger,
    reached: Reached,
    after: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    topics: Topics = None,
    project_id: Tag = None,
    initiative_id: Tag = None,
    phase_id: Tag = None,
    task_id: Tag = None,
    agent_id: Tag = None,
    run_id: Tag = None,
    session_id: Tag = None,
    workspace_id: Tag = None,
) -> Json:
    """A page of the log. `position` is how far it has been read: the next page comes after it."""
    tags = {
        "project": project_id,
        "initiative": initiative_id,
        "phase": phase_id,
        "task": task_id,
        "agent": agent_id,
        "run": run_id,
        "session": session_id,
        "workspace": workspace_id,
    }
    given = [(name, id) for name, id in tags.items() if id]
    if len(given) > 1:
        raise InvalidInput(summary="query: events are found by one id at a time")
    chosen = named(ledger, topics)
    head = ledger.head()
    rows = ledger.read(after, limit, upto=head, topics=chosen, tag=given[0] if given else None)
    position = rows[-1].position if len(rows) == limit else max(head, after)
    return read({"items": [event_json(row) for row in rows], "position": position}, position)


def named(ledger: Workledger, topics: str | None) -> tuple[str, ...]:
    """Topics with commas between.

    Raises:
        TopicUnknown: one is neither declared here nor in the log, to which others may have written.
    """
    asked = tuple(topic for part in (topics or "").split(",") if (topic := part.strip()))
    for topic in asked:
        if topic not in Event.TOPICS and not ledger.read(0, 1, topics=[topic]):
            raise TopicUnknown(topic=topic)
    return asked
