"""Where stored events have secrets, and their payloads without them."""

from dataclasses import dataclass

import orjson

from workledger.adapters.redaction import Redact
from workledger.adapters.redaction.counting import marked
from workledger.adapters.redaction.events import Payloads, loaded
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import Scanned


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


class Search:
    """Looks for secrets in events, in the order of the log."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._payloads = Payloads(redact)

    def look(self, event: Scanned) -> Found | None:
        """The event with its payload redacted; None when it has no secret, or none that can be taken from it."""
        before = bytes(event.data).decode() if isinstance(event.data, bytes | memoryview) else event.data
        try:
            payload = orjson.loads(before)
        except orjson.JSONDecodeError:
            payload = None
        if not isinstance(payload, dict):
            return self._look_at_text(event, before)
        clean = self._payloads.clean(event.stream_id, payload)
        changed = {name: count for name, value in payload.items() if (count := marked(value, clean[name]))}
        kind = Event.TOPICS.get(event.topic)
        if not changed or (kind is not None and loaded(kind, clean, event.schema_version) is None):
            return None
        after = orjson.dumps(clean).decode()
        return Found(event.position, event.topic, tuple(changed), sum(changed.values()), before, after)

    def _look_at_text(self, event: Scanned, before: str) -> Found | None:
        """Of an event whose payload is no object: nothing can be made of it anyway."""
        after = self._redact(before)
        if not isinstance(after, str) or after == before:
            return None
        return Found(event.position, event.topic, (), 1, before, after)
