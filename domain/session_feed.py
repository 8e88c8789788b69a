"""The feed of a session: entries that apps publish to whoever watches, appended without looking at what is there."""

from datetime import datetime
from typing import Annotated, Any

import orjson
from pydantic import Field, JsonValue

from workledger.domain.ids import Id
from workledger.domain.kernel import Aggregate, New, command
from workledger.domain.refusals import PayloadTooLarge
from workledger.domain.session_events import SessionNotFound
from workledger.domain.session_feed_events import Channel, SessionEntryPublished, SessionFeedPurged
from workledger.domain.unit import Unit

LARGEST = 64 * 1024
"""Bytes of one entry (DOMAIN.md 5.1)."""


class SessionFeed(Aggregate, category="session_feed", prefix="ses", not_found=SessionNotFound):
    """Its id is that of the session. Nobody decides on a feed: it only says where it is."""

    session_id: str

    def tags(self) -> dict[str, str | None]:
        return {"session": self.session_id}

    @classmethod
    @command
    def entry(
        cls,
        *,
        session_id: Id,
        channel: Channel,
        type: Annotated[str, Field(min_length=1, max_length=100)],
        data: JsonValue = None,
        user_id: Id | None = None,
    ) -> "New[SessionFeed]":
        """An entry to be published.

        Raises:
            PayloadTooLarge: it has more than 64 KB.
        """
        event = SessionEntryPublished(session_id=session_id, channel=channel, type=type, data=data, user_id=user_id)
        size = len(orjson.dumps(event.payload()))
        if size > LARGEST:
            raise PayloadTooLarge(topic=event.TOPIC, size=size, limit=LARGEST)
        return New(SessionFeed, session_id, [event])


def publish(
    unit: Unit,
    *,
    session_id: str,
    channel: Channel,
    type: str,
    data: Any = None,
    user_id: str | None = None,
    project_id: str | None = None,
    agent_id: str | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
    at: datetime | None = None,
) -> None:
    """Publish an entry in a session that is open; the ids are what it can be found by, beside the session's.

    Raises:
        SessionNotFound, SessionIsClosed: there is no such session, or it is over.
        PayloadTooLarge: the entry has more than 64 KB.
        InvalidInput: the channel is none of Channel, or the data is not JSON.
    """
    new = SessionFeed.entry(session_id=session_id, channel=channel, type=type, data=data, user_id=user_id)
    tags = {"session": session_id, "project": project_id, "agent": agent_id, "run": run_id, "task": task_id}
    unit.log(SessionFeed.stream(session_id), new.events, tags=tags, at=at)


def record_purge(unit: Unit, *, session_id: str, up_to_offset: int, entries: int, bytes: int) -> None:
    """Record that entries of the feed were erased, in the feed itself."""
    purged = SessionFeedPurged(session_id=session_id, up_to_offset=up_to_offset, entries=entries, bytes=bytes)
    unit.log(SessionFeed.stream(session_id), [purged], tags={"session": session_id})
