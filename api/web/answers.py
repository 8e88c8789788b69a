"""Answers: rows, events and aggregates as JSON, and what the headers say about them."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from starlette.responses import Response

from workledger.api.web.documented import TypedDict
from workledger.api.web.stored import as_stored
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.mapping import format_timestamp


def encode(value: Any) -> bytes:
    """JSON; moments are RFC 3339 in UTC with milliseconds."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS)


class Json(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)


def tagged(answer: Json, version: int) -> Json:
    """An answer with its ETag: the version, by which `If-Match` goes, and a digest of the body.

    The same version is shown with what is derived from other things too, so its number alone would not say whether
    a body is still the same.
    """
    answer.headers["ETag"] = f'"{version}-{blake2b(answer.body, digest_size=8).hexdigest()}"'
    return answer


def read(body: Any, position: int, *, version: int | None = None) -> Json:
    """The answer to a read: `X-Position` says how far the read tables had come, `ETag` which version it is."""
    answer = Json(body, headers={"X-Position": str(position), "Cache-Control": "no-store"})
    return answer if version is None else tagged(answer, version)


def row_json(row: Mapping[str, Any], position: int) -> Json:
    """One row of a read table."""
    return read(row, position, version=row.get("version"))


class StoredEvent(TypedDict):
    """A stored event, in its envelope; `tags` are the ids that it is found by."""

    position: int
    stream_id: str
    version: int
    topic: str
    at: datetime
    actor: str
    event_id: str
    correlation_id: str | None
    causation_id: str | None
    command_id: str | None
    tags: dict[str, str]
    data: Any


def event_json(row: Row) -> dict[str, Any]:
    """A stored event, in today's form when its class is known here."""
    return {
        "position": row.position,
        "stream_id": row.stream_id,
        "version": row.version,
        "topic": row.topic,
        "at": row.at,
        "actor": row.actor,
        "event_id": row.event_id,
        "correlation_id": row.correlation_id,
        "causation_id": row.causation_id,
        "command_id": row.command_id,
        "tags": as_stored(row.tags),
        "data": _data(row),
    }


def _data(row: Row) -> Any:
    kind = Event.TOPICS.get(row.topic)
    if kind is None or row.schema_version == kind.VERSION:
        return as_stored(row.data)
    return kind.upcast(orjson.loads(row.data), row.schema_version)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return format_timestamp(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
