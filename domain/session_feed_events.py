"""What apps publish in a session, as it is stored: entries in a stream of their own (DOMAIN.md 3.6 and 4.3)."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain import session_events
from workledger.domain.claims import Claim
from workledger.domain.kernel import Event

Channel = Literal["chunks", "toolCalls", "presence", "terminal", "workflow", "agentState"]


class SessionEntryPublished(Event, topic="session_feed.entry_published"):
    """An entry of the feed. Its offset is its version in the stream."""

    session_id: str
    channel: str
    type: str
    data: Any = None
    user_id: str | None = None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield session_events.existing(id)
        yield session_events.open_session(id)


class SessionFeedPurged(Event, topic="session_feed.purged"):
    """The entries up to that offset, so many and so many bytes, have been erased for good."""

    session_id: str
    up_to_offset: int
    entries: int
    bytes: int
