"""Texts, names and times as sources have them, made fit for an event."""

import hashlib
from datetime import UTC, datetime

import orjson

from workledger.adapters.redaction import JSON

EARLIEST, LATEST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
"""The times that can be shown in every time zone: the calendar without a day at each end."""


def cut(text: str, limit: int) -> str:
    """The text, or where it has more characters than that its beginning: an event may have 256 KB."""
    return text if len(text) <= limit else f"{text[:limit]}… [{len(text)} characters]"


def json_size(text: str) -> int:
    """The bytes that a text takes in an event."""
    return len(orjson.dumps(text)) - 2


def digest(*parts: str) -> str:
    """A short name for the same parts, always the same one."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def timestamp_of(value: JSON) -> datetime | None:
    """The time in RFC 3339 text, in UTC; None when it is none, Go's zero time, or outside EARLIEST and LATEST."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        at = at and (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None
    return at if at is not None and EARLIEST <= at <= LATEST else None
