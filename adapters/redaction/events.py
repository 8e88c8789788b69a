"""Events without secrets: at the ledger's door, before they are recorded, and in a log that has some."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from workledger.adapters.redaction.joints import Consecutive, consecutive
from workledger.adapters.redaction.structures import JSON, Redact
from workledger.domain.kernel.aggregate import Event
from workledger.domain.secret_ref import is_secret_ref

STREAMS = 1_000
"""Streams whose last texts are remembered, for a token that is split over two events."""


class Payloads:
    """Redacts payloads of events, those of one stream in their order.

    Ids stay as they are: streams, claims and rows are named by them. So does what says where a secret is kept.
    """

    def __init__(self, redact: Redact) -> None:
        self._redact = redact
        self._streams: OrderedDict[str, Consecutive] = OrderedDict()
        self._lock = threading.Lock()

    def clean(self, stream: str, payload: Mapping[str, JSON]) -> dict[str, JSON]:
        """The payload without secrets, field by field."""
        redact = self._of(stream)
        return {name: value if _stays(name, value) else _field(redact, name, value) for name, value in payload.items()}

    def _of(self, stream: str) -> Redact:
        with self._lock:
            if stream not in self._streams:
                self._streams[stream] = consecutive(self._redact)
                if len(self._streams) > STREAMS:
                    self._streams.popitem(last=False)
            return self._streams[stream]


class Door:
    """Takes secrets from events before they are recorded: what claims, states and tables are made of has none."""

    def __init__(self, redact: Redact) -> None:
        self._payloads = Payloads(redact)

    def __call__(self, stream: str, event: Event) -> Event:
        payload = event.payload()
        clean = self._payloads.clean(stream, payload)
        return event if clean == payload else loaded(type(event), clean, event.VERSION) or event


def loaded(kind: type[Event], payload: Mapping[str, Any], version: int) -> Event | None:
    """The event with that payload; None when its class would not take it: the mark may be no value of a field."""
    try:
        return kind.load(dict(payload), version)
    except (ValidationError, ValueError, KeyError, TypeError):
        return None


def is_id(name: str) -> bool:
    """Whether a field of that name holds ids."""
    return name == "id" or name.endswith(("_id", "_ids"))


def _stays(name: str, value: JSON) -> bool:
    return is_id(name) or (name == "secret_ref" and isinstance(value, str) and is_secret_ref(value))


def _field(redact: Redact, name: str, value: JSON) -> JSON:
    """The value of a field, by its name as well."""
    clean = redact({name: value})
    return clean[name] if isinstance(clean, dict) else value
