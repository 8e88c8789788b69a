"""Redaction of the log: secrets that were stored before are erased from the payloads of events.

It is the one exception to the rule that events never change, and the log records it. Their order, positions,
versions, ids and times stay.
"""

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import NotFound
from workledger.domain.kernel.unit import Unit


class RedactionBegun(Event, topic="redaction.begun"):
    """Secrets are being erased from the events up to a position."""

    up_to_position: int


class RedactionFinished(Event, topic="redaction.finished"):
    """They were erased for good: from how many texts, in how many events."""

    up_to_position: int
    events: int
    texts: int


class RedactionNotFound(NotFound):
    """There is no such redaction."""

    code = "REDACTION_NOT_FOUND"


class Redaction(Aggregate, category="redaction", prefix="red", not_found=RedactionNotFound):
    """The name of a redaction's stream; it has no commands."""

    up_to_position: int
    events: int = 0
    texts: int = 0


def record_begin(unit: Unit, *, id: str, up_to_position: int) -> None:
    """Record that a redaction begins, before anything is erased."""
    unit.log(Redaction.stream(id), [RedactionBegun(up_to_position=up_to_position)], tags={})


def record_finish(unit: Unit, *, id: str, up_to_position: int, events: int, texts: int) -> None:
    """Record that it has ended, and what it erased."""
    finished = RedactionFinished(up_to_position=up_to_position, events=events, texts=texts)
    unit.log(Redaction.stream(id), [finished], tags={})
