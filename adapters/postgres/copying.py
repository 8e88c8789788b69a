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
"""Separates values while rows are put together; no value can contain it."""

NULL = secrets.token_hex(8)
"""Stands for null in the copied data; it is random, so no value equals it."""

ROWS = 500
"""Rows that are sent together."""


@memoised
def statement(table: type[Table], name: str) -> Composable:
    columns = SQL(", ").join(Identifier(column) for column in table.COLUMNS)
    how = SQL("format csv, quote {}, escape {}, delimiter {}, null {}, force_null ({})")
    options = how.format(QUOTE, QUOTE, DELIMITER, NULL, columns)
    return SQL("copy {} ({}) from stdin ({})").format(Identifier(name), columns, options)


def copied(table: type[Table], rows: Iterable[Values]) -> Iterator[bytes]:
    """Rows as COPY reads them, some at a time: CSV, quoted and delimited by control characters that JSON escapes."""
    encode = _encoder(table)
    encoded = (encode(insert_values(table, row)) for row in rows) if table.AMOUNT_AT else map(encode, rows)
    while some := [row.replace(QUOTE, QUOTE * 2) for row in islice(encoded, ROWS)]:
        yield f"{QUOTE}{BETWEEN_ROWS.join(some).replace(NUL, BETWEEN_VALUES)}{QUOTE}\n".encode()


@memoised
def _encoder(table: type[Table]) -> Callable[[Values], str]:
    """A function that joins the values of a row: source made for the table, since it runs once for each row."""
    names = ", ".join(f"v{at}" for at in table.AT.values())
    values = ", ".join(_expression(table.COLUMNS[name], f"v{at}") for name, at in table.AT.items())
    known: dict[str, Any] = {"NUL": NUL, "text": _text}
    exec(f"def encode(row):\n {names}, = row\n return NUL.join(({values},))", known)  # noqa: S102
    return known["encode"]  # type: ignore[no-any-return]


def _expression(column: Column, value: str) -> str:
    if isinstance(column.type, sa.Text | MomentType):
        return f"({value} if {value}.__class__ is str else text({value}))"
    if isinstance(column.type, sa.BigInteger | LoggedType):
        return f"(f'{{{value}}}' if {value}.__class__ is int else text({value}))"
    return f"text({value})"


def _text(value: Any) -> str:
    if value is None or value is ABSENT:
        return NULL
    if value is True or value is False:
        return "t" if value else "f"
    return value.decode() if isinstance(value, bytes) else str(value)
