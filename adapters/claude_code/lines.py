"""The lines of a transcript file, as far as each holds a JSON object."""

from collections.abc import Iterator
from dataclasses import dataclass

from workledger.adapters.importing import json_object
from workledger.adapters.redaction import JSON

BOM = b"\xef\xbb\xbf"

DEEPEST = 100
"""Levels of nesting that are kept of a value: what is read, redacted and written in recursion must be bounded."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its number from 1, the bytes from `start` to `end`, and the object on it, or None when there is none."""

    number: int
    start: int
    end: int
    value: dict[str, JSON] | None
    flattened: bool = False


def lines_of(data: bytes) -> Iterator[Line]:
    """The lines that are complete; a last one without its line end is when it is whole. Blank lines are passed over.

    NUL bytes, which a crash of the machine leaves in files, are no part of a line.
    """
    start, number, size = 0, 0, len(data)
    while start < size:
        stop = data.find(b"\n", start)
        end = size if stop < 0 else stop + 1
        number += 1
        text = data[start:end].replace(b"\0", b"").removeprefix(BOM).strip()
        if text:
            value = json_object(text)
            if stop < 0 and value is None:
                return  # half-written
            deep = value is not None and _is_deep(value)
            yield Line(number, start, end, shallow(value) if value is not None and deep else value, deep)
        start = end


def complete(data: bytes, lines: list[Line]) -> int:
    """The bytes of complete lines."""
    last = data.rfind(b"\n") + 1
    return max(last, lines[-1].end if lines else 0)


def _is_deep(value: JSON) -> bool:
    level: list[JSON] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def shallow(value: dict[str, JSON]) -> dict[str, JSON]:
    """The same with a mark in place of what is nested deeper than DEEPEST."""
    cut = _shallow(value, DEEPEST)
    return cut if isinstance(cut, dict) else {}


def _shallow(value: JSON, left: int) -> JSON:
    if not isinstance(value, dict | list):
        return value
    if not left:
        return "… [nested too deeply]"
    if isinstance(value, dict):
        return {name: _shallow(inner, left - 1) for name, inner in value.items()}
    return [_shallow(inner, left - 1) for inner in value]
