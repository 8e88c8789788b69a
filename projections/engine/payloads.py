"""Payloads and tags as folds read them: text from the log, brought up to date, of which the named parts are decoded."""

from collections.abc import Callable
from typing import Any

import msgspec
import orjson

from workledger.domain.kernel.aggregate import Event

REMEMBERED = 1000
"""Different tags that are remembered, of each kind of event."""


class WrittenByNewerRelease(Exception):
    """An event has a schema version that this release does not know."""


def upcast(event: type[Event], data: Any, version: int) -> Any:
    """A stored payload brought up to date, as JSON of the same kind again.

    Raises:
        WrittenByNewerRelease: it is of a version to come.
    """
    if version > event.VERSION:
        raise WrittenByNewerRelease(f"{event.TOPIC} of version {version}; this release knows {event.VERSION}")
    brought = orjson.dumps(event.upcast(orjson.loads(data), version))
    return brought if isinstance(data, bytes) else brought.decode()


def json_text(raw: msgspec.Raw) -> str | None:
    """A JSON value as the text it is stored as; None for null."""
    value = str(raw, "utf-8")
    return None if value == "null" else value


def json_bytes(raw: msgspec.Raw) -> bytes | None:
    """The same, encoded."""
    value = bytes(raw)
    return None if value == b"null" else value


class Remembered(dict[str, Any]):
    """What tags come to: many events have the same ones."""

    def __init__(self, decode: Callable[[str], Any]) -> None:
        super().__init__()
        self._decode = decode

    def __missing__(self, tags: str) -> Any:
        if len(self) >= REMEMBERED:
            self.clear()
        self[tags] = decoded = self._decode(tags)
        return decoded
