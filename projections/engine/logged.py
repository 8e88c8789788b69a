"""Logged values: rows hold the position of an event, and its value is looked up in the log when they are read.

What agents write and tools answer is most of a log. Copies in read tables would double it, and making them would be
most of the work of a rebuild.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.payloads import load
from workledger.projections.engine.types import LoggedType


def fill_in(log: EventStore, columns: Iterable[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Replace the positions in logged columns by the values of the events that stand there.

    The value of an erased event is None. Rows of an earlier release hold the values themselves, and are left alone.
    """
    pointing = {column.key: column.type.fields for column in columns if isinstance(column.type, LoggedType)}
    if not (pointing and rows):
        return
    positions = {row[name] for row in rows for name in pointing if type(row[name]) is int}
    events = {position: event for position, *event in log.payloads(positions)}
    for row in rows:
        for name, fields in pointing.items():
            if type(row[name]) is int:
                row[name] = _value(row[name], fields, events.get(row[name]))


def _value(position: int, fields: Mapping[str, str], event: Sequence[Any] | None) -> Any:
    if event is None:
        return None
    topic, version, data = event
    if topic not in fields:
        return position
    kind = Event.TOPICS[topic]
    return load(kind, data, version).get(fields[topic])
