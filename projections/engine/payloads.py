"""Payloads and tags as fold functions read them: JSON from the log, upcast where it is old, of which only the fields
that are asked for are decoded."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
import orjson
from pydantic_core import to_jsonable_python

from workledger.domain.kernel.aggregate import Event

TAGS_CACHED = 1000
"""Distinct tags that are cached decoded, for each kind of event."""


class WrittenByNewerRelease(Exception):
    """An event has a schema version that this release does not know."""


def oldest_current(event: type[Event]) -> int:
    """The oldest schema version whose payloads are read as they are stored, without an upcast.

    A version without an upcast step before it only added optional fields: older payloads lack them, and get their
    defaults (see `defaults`).
    """
    version = event.VERSION
    while version > 1 and not hasattr(event, f"upcast_v{version - 1}_v{version}"):
        version -= 1
    return version


@cache
def defaults(event: type[Event]) -> dict[str, Any]:
    """The values, as JSON has them, of fields that a payload may lack because they were added after it was stored.

    Empty for a patch event: there a field that is missing was not changed.
    """
    if event.PATCH:
        return {}
    optional = {name: field for name, field in event.model_fields.items() if not field.is_required()}
    return {name: to_jsonable_python(field.get_default(call_default_factory=True)) for name, field in optional.items()}


def upcast(event: type[Event], data: Any, version: int) -> Any:
    """A stored payload as this release writes it, as JSON of the same type (bytes or text); unchanged where no upcast
    step lies between.

    Raises:
        WrittenByNewerRelease: its version is newer than this release knows.
    """
    if version > event.VERSION:
        raise WrittenByNewerRelease(f"{event.TOPIC} of version {version}; this release knows {event.VERSION}")
    if version >= oldest_current(event):
        return data
    current = orjson.dumps(event.upcast(orjson.loads(data), version))
    return current if isinstance(data, bytes) else current.decode()


def load(event: type[Event], data: Any, version: int) -> dict[str, Any]:
    """A stored payload as a dictionary of all its fields, upcast, and with defaults for fields that it lacks.

    Raises:
        WrittenByNewerRelease: its version is newer than this release knows.
    """
    return {**defaults(event), **orjson.loads(upcast(event, data, version))}


def json_text(raw: msgspec.Raw) -> str | None:
    """A JSON value as the text it is stored as; None for null."""
    value = str(raw, "utf-8")
    return None if value == "null" else value


def json_bytes(raw: msgspec.Raw) -> bytes | None:
    """A JSON value as the bytes it is stored as; None for null."""
    value = bytes(raw)
    return None if value == b"null" else value


class TagsCache(dict[str, Any]):
    """Decoded tags by their JSON text: many events carry the same."""

    def __init__(self, decode: Callable[[str], Any]) -> None:
        super().__init__()
        self._decode = decode

    def __missing__(self, tags: str) -> Any:
        if len(self) >= TAGS_CACHED:
            self.clear()
        self[tags] = decoded = self._decode(tags)
        return decoded
