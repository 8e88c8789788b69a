"""Many new rows at once into PostgreSQL, by COPY."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from psycopg.sql import SQL, Composable, Identifier

from workledger.projections.changes import Values, whole
from workledger.projections.table import ABSENT, Column, Table, once
from workledger.projections.types import MomentType

QUOTE, DELIMITER = "\x01", "\x02"
NEXT = QUOTE + DELIMITER + QUOTE
END = f"{QUOTE}\n".encode()

NULL = secrets.token_hex(8)
"""Stands for null in what is copied; no value can be meant to be it."""

LINES = 500
"""Rows that are put together before they are sent."""


@once
def statement(table: type[Table], name: str) -> Composable:
    columns = SQL(", ").join(Identifier(column) for column in _columns(table))
    how = SQL("format csv, quote {}, escape {}, delimiter {}, null {}, force_null ({})")
    options = how.format(QUOTE, QUOTE, DELIMITER, NULL, columns)
    return SQL("copy {} ({}) from stdin ({})").format(Identifier(name), columns, options)


def copied(table: type[Table], rows: Iterable[Values]) -> Iterator[bytes]:
    """Rows as COPY reads them, some at a time: CSV with control characters that no JSON holds around each value."""
    line = _line(table)
    lines = (line(whole(table, row)) for row in rows)
    while some := list(islice(lines, LINES)):
        yield b"".join(some)


@once
def _line(table: type[Table]) -> Callable[[Values], bytes]:
    """Writes a row as one line: a function made for the table, as it is called for each row."""
    kept = [name for name in _columns(table) if table.COLUMNS[name].is_json]
    plain = [name for name in _columns(table) if name not in kept]
    written = [_written(table.COLUMNS[name], f"row[{table.AT[name]}]") for name in plain]
    source = f"QUOTE + quoted(NUL.join(({', '.join(written)},))).encode()"
    for name in kept:
        source += f" + NEXT + say_json(row[{table.AT[name]}])"
    names = {"NUL": "\x00", "NEXT": NEXT.encode(), "QUOTE": QUOTE.encode(), "quoted": _quoted, "END": END}
    return eval(f"lambda row: {source} + END", names | {"say": _said, "say_json": _said_json})  # type: ignore[no-any-return]  # noqa: S307


def _quoted(values: str) -> str:
    """Values that are joined by NUL, which none of them holds, each in quotes but for the first and the last one."""
    if QUOTE in values:
        values = values.replace(QUOTE, QUOTE * 2)
    return values.replace("\x00", NEXT)


def _written(column: Column, value: str) -> str:
    if isinstance(column.type, sa.Text | MomentType):
        return f"({value} if {value}.__class__ is str else say({value}))"
    return f"say({value})"


def _said(value: Any) -> str:
    if value is None or value is ABSENT:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)


def _said_json(value: bytes | None) -> bytes:
    return NULL.encode() if value is None or value is ABSENT else value


def _columns(table: type[Table]) -> list[str]:
    """The columns in the order in which they are copied: JSON comes last."""
    return sorted(table.COLUMNS, key=lambda name: table.COLUMNS[name].is_json)
