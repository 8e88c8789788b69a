"""Logged values: what rows leave in the log, and only point to, found there when the rows are read.

What agents say and tools answer is most of a log. Copied into read tables it would be there twice, and copying it would
be most of the work of a rebuild.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from workledger.domain.kernel import Event
from workledger.domain.store import EventStore
from workledger.projections.payloads import upcast
from workledger.projections.types import LoggedType


def fill_in(log: EventStore, columns: Iterable[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Put the values in the place of the positions at which the events stand that say them.

    What has been erased from the log is None.
    """
    pointing = {column.key: column.type.fields for column in columns if isinstance(column.type, LoggedType)}
    if not (pointing and rows):
        return
    positions = {row[name] for row in rows for name in pointing} - {None}
    said = {position: (topic, _brought(topic, *rest)) for position, topic, *rest in log.payloads(positions)}
    for row in rows:
        for name, fields in pointing.items():
            row[name] = _value(said.get(row[name]), fields)


def _brought(topic: str, version: int, data: Any) -> Any:
    event = Event.TOPICS[topic]
    return orjson.loads(data if version == event.VERSION else upcast(event, data, version))


def _value(said: tuple[str, Mapping[str, Any]] | None, fields: Mapping[str, str]) -> Any:
    if said is None:
        return None
    topic, payload = said
    return payload.get(fields[topic])
