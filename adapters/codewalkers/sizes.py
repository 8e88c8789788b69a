"""Values of a row cut to the size of an event, which is the only limit of an import."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from workledger.adapters.codewalkers.columns import Column
from workledger.adapters.importing import Report, json_size
from workledger.domain.kernel.fields import INDEXED

ROOM = 240_000
"""Bytes of JSON that the values of a row have in one event; ids and names of fields need the rest of it."""

SPARE = 2_000
"""Bytes of JSON that a value keeps, however large the others are."""

LONG = ROOM // 8
"""Characters of a whole row that fit into an event in any case: one takes six bytes at most."""


def fit(columns: Mapping[str, Column], values: dict[str, Any]) -> int:
    """Cut values so that each event has room for its own; how many were cut. Ids are never cut."""
    cutting = Report("")
    texts = {name: one for name, one in columns.items() if isinstance(values[name], str | dict | list)}
    for name, column in texts.items():
        if column.indexed:
            values[name] = cutting.fit(values[name], INDEXED - 100)
    if sum(map(_length, (values[name] for name in texts))) > LONG:
        own = {name: one for name, one in texts.items() if not (one.required or one.references)}
        together = [name for name, column in own.items() if not column.apart]
        _fit_into(ROOM, together, values, cutting)
        room = ROOM - sum(_size(values[name]) for name in together)
        for name, column in own.items():
            if column.apart:
                _fit_into(max(room, SPARE), [name], values, cutting)
    return cutting.shortened


def _length(value: Any) -> int:
    return len(value if isinstance(value, str) else orjson.dumps(value))


def _fit_into(room: int, names: Sequence[str], values: dict[str, Any], cutting: Report) -> None:
    """Cut the largest value, until all of them fit."""
    while (excess := sum(_size(values[name]) for name in names) - room) > 0:
        largest = max(names, key=lambda name: _size(values[name]))
        size = _size(values[largest])
        wanted = max(size - excess - 200, min(SPARE, size // 2))
        value = values[largest]
        if isinstance(value, str):
            values[largest] = cutting.fit(value, wanted)
        else:
            values[largest] = {"raw": cutting.fit(orjson.dumps(value).decode(), wanted // 2)}


def _size(value: Any) -> int:
    if isinstance(value, str):
        return json_size(value)
    return len(orjson.dumps(value)) if isinstance(value, dict | list) else 0
