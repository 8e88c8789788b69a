"""The feed of a session: entries that apps publish to its watchers, appended without loading the feed."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, New, command
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.fields import Json
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.refusals import PayloadTooLarge
from workledger.domain.kernel.unit import Unit
from workledger.domain.session import Session
from workledger.domain.session import events as session_events
from workledger.domain.session.events import SessionNotFound

Channel = Literal["chunks", "toolCalls", "presence", "terminal", "workflow", "agentState"]


class SessionEntryPublished(Event, topic="session_feed.entry_published"):
    """An entry of the feed. Its offset is its version in the stream."""

    session_id: str
    channel: str
    type: str
    data: Any = None
    user_id: str | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Session.exists(id)
        yield session_events.open_session(id)


class SessionFeedPurged(Event, topic="session_feed.purged"):
    """The entries up to an offset were erased for good: how many, and their bytes."""

    session_id: str
    up_to_offset: int
    entries: int
    bytes: int


LARGEST = 64 * 1024
"""Bytes of one entry (domain.md 5.1)."""


class SessionFeed(Aggregate, category="session_feed", prefix="ses", not_found=SessionNotFound):
    """The name of a feed's stream; its id is the session's. It has no state and no commands."""

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
        data: Json = None,
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
    """Publish an entry in a session that is open; the ids become its tags, beside the session's.

    Raises:
        SessionNotFound, SessionIsClosed: there is no such session, or it is over.
        PayloadTooLarge: the entry has more than 64 KB.
        InvalidInput: the channel is unknown, or the data is not JSON.
    """
    new = SessionFeed.entry(session_id=session_id, channel=channel, type=type, data=data, user_id=user_id)
    tags = {"session": session_id, "project": project_id, "agent": agent_id, "run": run_id, "task": task_id}
    unit.log(SessionFeed.stream(session_id), new.events, tags=tags, at=at)


def record_purge(unit: Unit, *, session_id: str, up_to_offset: int, entries: int, bytes: int) -> None:
    """Record that entries of the feed were erased, in the feed itself."""
    purged = SessionFeedPurged(session_id=session_id, up_to_offset=up_to_offset, entries=entries, bytes=bytes)
    unit.log(SessionFeed.stream(session_id), [purged], tags={"session": session_id})
