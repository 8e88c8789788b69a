"""What peers are given: the values and payload of our events, in their own form."""

from collections.abc import Sequence
from hashlib import md5
from typing import Any
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from workledger.adapters.schema import COLUMNS
from workledger.domain.kernel.store import Stored

NAMES = COLUMNS[1:]
"""The columns of an event but for its position, which the database gives."""


def plain(event: Stored) -> tuple[Any, ...]:
    """The event's values for NAMES."""
    return (
        event.originator_id,
        event.originator_version,
        event.topic,
        event.schema_version,
        event.at,
        event.actor,
        event.event_id,
        event.correlation_id,
        event.causation_id,
        event.command_id,
        event.tags,
        event.state.decode(),
    )


def stock(batch: Sequence[Stored]) -> list[StoredEvent]:
    """The events as the stock recorder takes them."""
    return [
        StoredEvent(stream_uuid(str(event.originator_id)), event.originator_version, event.topic, event.state)
        for event in batch
    ]


def stream_uuid(stream_id: str) -> UUID:
    """What names the stream where streams are named by UUIDs."""
    return UUID(bytes=md5(stream_id.encode(), usedforsecurity=False).digest())
