"""Payloads of events without secrets, and where in them there were some."""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from workledger.adapters.redaction import JSON, Consecutive, Redact, consecutive
from workledger.adapters.redaction.counting import marked
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import Scanned

STREAMS = 1_000
"""Streams whose last text is remembered, for a secret that is split over two events."""


@dataclass(frozen=True, slots=True)
class Found:
    """An event with secrets.

    Attributes:
        fields: names of the payload's fields that have some.
        texts: how many texts have some.
        before, after: the payload's JSON.
    """

    position: int
    topic: str
    fields: tuple[str, ...]
    texts: int
    before: str
    after: str


class Payloads:
    """Looks for secrets in events, in the order of the log."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._streams: OrderedDict[str, Consecutive] = OrderedDict()

    def look(self, event: Scanned) -> Found | None:
        """The event with its payload redacted; None when it has no secret.

        Ids stay, as streams and claims are named by them. So does a payload that its event's class would not take.
        """
        before = bytes(event.data).decode() if isinstance(event.data, bytes | memoryview) else event.data
        try:
            payload = orjson.loads(before)
        except orjson.JSONDecodeError:
            return None
        if not isinstance(payload, dict):
            return None
        redact = self._of(event.stream_id)
        clean = {name: value if is_id(name) else _field(redact, name, value) for name, value in payload.items()}
        changed = {name: count for name, value in payload.items() if (count := marked(value, clean[name]))}
        if not changed or not _loads(event, clean):
            return None
        after = orjson.dumps(clean).decode()
        return Found(event.position, event.topic, tuple(changed), sum(changed.values()), before, after)

    def _of(self, stream: str) -> Redact:
        if stream not in self._streams:
            self._streams[stream] = consecutive(self._redact)
            if len(self._streams) > STREAMS:
                self._streams.popitem(last=False)
        return self._streams[stream]


def _field(redact: Redact, name: str, value: JSON) -> JSON:
    """The value of a field, by its name as well."""
    clean = redact({name: value})
    return clean[name] if isinstance(clean, dict) else value


def is_id(name: str) -> bool:
    """Whether a field of that name holds ids."""
    return name == "id" or name.endswith(("_id", "_ids"))


def _loads(event: Scanned, payload: dict[str, JSON]) -> bool:
    kind: Any = Event.TOPICS.get(event.topic)
    try:
        return kind is None or kind.load(dict(payload), event.schema_version) is not None
    except (ValidationError, ValueError, KeyError, TypeError):
        return False
