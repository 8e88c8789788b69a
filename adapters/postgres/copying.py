"""Many new rows at once into PostgreSQL, by COPY."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa
from psycopg.sql import SQL, Composable, Identifier

from workledger.projections.engine.changes import Values, insert_values
from workledger.projections.engine.columns import Column
from workledger.projections.engine.rules import ABSENT
from workledger.projections.engine.table import Table, memoised
from workledger.projections.engine.types import LoggedType, MomentType

QUOTE, DELIMITER = "\x01", "\x02"
BETWEEN_VALUES, BETWEEN_ROWS = f"{QUOTE}{DELIMITER}{QUOTE}", f"{QUOTE}\n{QUOTE}"

NUL = "\x00"
"""Between values for a start; none of them can hold it."""

NULL = secrets.token_hex(8)
"""Stands for null in what is copied; no value can be meant to be it."""

LINES = 500
"""Rows that are put together before they are sent."""


@memoised
def statement(table: type[Table], name: str) -> Composable:
    columns = SQL(", ").join(Identifier(column) for column in table.COLUMNS)
    how = SQL("format csv, quote {}, escape {}, delimiter {}, null {}, force_null ({})")
    options = how.format(QUOTE, QUOTE, DELIMITER, NULL, columns)
    return SQL("copy {} ({}) from stdin ({})").format(Identifier(name), columns, options)


def copied(table: type[Table], rows: Iterable[Values]) -> Iterator[bytes]:
    """Rows as COPY reads them, some at a time: CSV with control characters that no JSON holds around each value."""
    line = _line(table)
    lines = (line(insert_values(table, row)) for row in rows) if table.AMOUNT_AT else map(line, rows)
    while some := [one.replace(QUOTE, QUOTE * 2) for one in islice(lines, LINES)]:
        yield f"{QUOTE}{BETWEEN_ROWS.join(some).replace(NUL, BETWEEN_VALUES)}{QUOTE}\n".encode()


@memoised
def _line(table: type[Table]) -> Callable[[Values], str]:
    """Puts a row's values together: a function made for the table, as it is called for each row."""
    names = ", ".join(f"v{at}" for at in table.AT.values())
    values = ", ".join(_written(table.COLUMNS[name], f"v{at}") for name, at in table.AT.items())
    known: dict[str, Any] = {"NUL": NUL, "say": _said}
    exec(f"def line(row):\n {names}, = row\n return NUL.join(({values},))", known)  # noqa: S102
    return known["line"]  # type: ignore[no-any-return]


def _written(column: Column, value: str) -> str:
    if isinstance(column.type, sa.Text | MomentType):
        return f"({value} if {value}.__class__ is str else say({value}))"
    if isinstance(column.type, sa.BigInteger | LoggedType):
        return f"(f'{{{value}}}' if {value}.__class__ is int else say({value}))"
    return f"say({value})"


def _said(value: Any) -> str:
    if value is None or value is ABSENT:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return value.decode() if isinstance(value, bytes) else str(value)
