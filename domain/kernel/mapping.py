"""The mapper between recorded and stored events: a topic and JSON, so that classes may be moved or renamed."""

import re
from datetime import UTC, datetime
from typing import Any

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import Mapper, StoredEvent

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.envelope import Recorded, Row
from workledger.domain.kernel.refusals import EventUnreadable, InvalidInput, PayloadTooLarge, UnknownTopic
from workledger.domain.kernel.snapshot import Snapshot
from workledger.domain.kernel.store import Stored

LARGEST = 256 * 1024
"""Bytes of payload in one event (domain.md 5.1)."""

WIDEST = 2**53
"""The largest integer that databases and JSON parsers represent exactly."""

NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def format_timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond: 2026-11-21T06:00:00.123Z. A time without a zone is taken as UTC.

    Raises:
        InvalidInput: in UTC it is before the year 1 or after 9999.
    """
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(summary=f"{at.isoformat()} is before the year 1 or after 9999 in UTC") from None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_timestamp(text: str) -> datetime:
    """The time that `format_timestamp` wrote."""
    return datetime.fromisoformat(text)


class Envelopes(Mapper[str]):
    """Recorded and Snapshot on one side, Stored on the other."""

    def to_stored_event(self, domain_event: DomainEventProtocol[str] | Recorded | Snapshot) -> StoredEvent:
        if isinstance(domain_event, Snapshot):
            body = {"fields": domain_event.fields, "state": domain_event.state}
            return StoredEvent(
                domain_event.originator_id, domain_event.originator_version, Snapshot.TOPIC, orjson.dumps(body)
            )
        assert isinstance(domain_event, Recorded)
        event = domain_event.event
        state = encode(event)
        return Stored(
            originator_id=domain_event.stream_id,
            originator_version=domain_event.version,
            topic=event.TOPIC,
            state=state,
            schema_version=event.VERSION,
            at=format_timestamp(domain_event.at),
            actor=domain_event.actor,
            event_id=domain_event.event_id,
            correlation_id=domain_event.correlation_id,
            causation_id=domain_event.causation_id,
            command_id=domain_event.command_id,
            tags=orjson.dumps(domain_event.tags, option=orjson.OPT_SORT_KEYS).decode(),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        if stored_event.topic == Snapshot.TOPIC:
            stream, version = str(stored_event.originator_id), stored_event.originator_version
            try:
                return Snapshot(stream, version, **orjson.loads(stored_event.state))
            except (ValueError, TypeError):
                return Snapshot.unreadable(stream, version)
        assert isinstance(stored_event, Stored)
        return decode(
            Row(
                stored_event.position,
                str(stored_event.originator_id),
                stored_event.originator_version,
                stored_event.topic,
                stored_event.schema_version,
                stored_event.at,
                stored_event.actor,
                stored_event.event_id,
                stored_event.correlation_id,
                stored_event.causation_id,
                stored_event.command_id,
                stored_event.tags,
                stored_event.state.decode(),
            )
        )


def encode(event: Event) -> bytes:
    """The payload as JSON that all databases can store.

    Raises:
        PayloadTooLarge: it has more than 256 KB.
        InvalidInput: it contains a NUL or a lone surrogate, or a number beyond ±2^53.
    """
    try:
        state = orjson.dumps(event.payload())
    except TypeError as error:
        raise InvalidInput(summary=f"{event.TOPIC}: {error}") from None
    if len(state) > LARGEST:
        raise PayloadTooLarge(topic=event.TOPIC, size=len(state), limit=LARGEST)
    if any(type(value) is int and abs(value) > WIDEST for value in event.__dict__.values()):
        raise InvalidInput(summary=f"{event.TOPIC}: a number is beyond ±2^53")
    if NUL.search(state):
        raise InvalidInput(summary=f"{event.TOPIC}: text cannot hold a NUL character")
    return state


def decode(row: Row) -> Recorded:
    """The event in a stored row, upcast to the current version of its class.

    Raises:
        UnknownTopic: the topic is unknown to this release.
        EventUnreadable: the row is not what was stored, or an upcaster fails.
    """
    event = decode_payload(row.topic, row.schema_version, row.data, row.position)
    try:
        at, tags = parse_timestamp(row.at), orjson.loads(row.tags)
    except (ValueError, TypeError) as error:
        raise EventUnreadable(position=row.position, topic=row.topic) from error
    return Recorded(
        stream_id=row.stream_id,
        version=row.version,
        event=event,
        at=at,
        event_id=row.event_id,
        actor=row.actor,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        command_id=row.command_id,
        tags=tags,
        position=row.position,
    )


def decode_payload(topic: str, schema_version: int, data: str | bytes, position: int) -> Event:
    """The event with that payload, upcast to the current version of its class.

    Raises:
        UnknownTopic: the topic is unknown to this release.
        EventUnreadable: the payload is not what was stored, or an upcaster fails.
    """
    kind = Event.TOPICS.get(topic)
    if kind is None:
        raise UnknownTopic(topic=topic, position=position)
    try:
        return kind.load(orjson.loads(data), schema_version)
    except (ValueError, KeyError, TypeError) as error:
        raise EventUnreadable(position=position, topic=topic) from error
