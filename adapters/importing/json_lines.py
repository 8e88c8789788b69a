"""The lines of JSONL files."""

import json
import re
from dataclasses import dataclass

import orjson

from workledger.adapters.redaction import JSON

NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")


@dataclass(frozen=True, slots=True)
class JsonLine:
    """A line of a JSONL file: the bytes from `start` to `end`, and the object in it, or None when there is none."""

    start: int
    end: int
    value: dict[str, JSON] | None


def json_lines(data: bytes, start: int = 0) -> tuple[list[JsonLine], bytes]:
    """The lines of JSONL data that begins at `start` of its file, and the half-written rest after them.

    Blank lines are passed over. A last line without its line end counts when it is whole.
    """
    lines = []
    *whole, rest = data.split(b"\n")
    for line in whole:
        end = start + len(line) + 1
        if line.strip():
            lines.append(JsonLine(start, end, json_object(line)))
        start = end
    if (value := json_object(rest)) is not None:
        lines.append(JsonLine(start, start + len(rest), value))
        rest = b""
    return lines, rest


def json_object(line: bytes) -> dict[str, JSON] | None:
    """The object on a line, with a mark in place of what no database stores: NUL, half a surrogate, broken UTF-8."""
    line = NUL.sub(rb"\1\\ufffd", line) if b"\\u0000" in line else line
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(line.decode("utf-8", "replace"), parse_constant=lambda _: None)
            value = orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, dict) else None
