"""Many rows at once into PostgreSQL: new ones by COPY, changes as one JSON document in one statement."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice, repeat
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Composable, Identifier
from sqlalchemy.dialects import postgresql

from workledger.projections.changes import Values, key_values, settled, whole
from workledger.projections.table import ABSENT, Column, Table, once
from workledger.projections.types import MomentType

QUOTE, DELIMITER = "\x01", "\x02"
NEXT = QUOTE + DELIMITER + QUOTE
END = f"{QUOTE}\n".encode()

NULL = secrets.token_hex(8)
"""Stands for null in what is copied; no value can be meant to be it."""

LINES = 500
"""Rows that are put together before they are sent."""

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class PostgresBulk:
    """See projections.tables.Bulk."""

    encoded = True
    overlaps = True
    prepare = True
    """Whether statements are prepared; a pooler that does not follow them needs it off."""
    faults: tuple[type[Exception], ...] = (
        psycopg.DataError,
        psycopg.IntegrityError,
        sa.exc.DataError,
        sa.exc.IntegrityError,
    )

    def delete(self, connection: sa.Connection, table: type[Table], name: str, keys: Iterable[Any]) -> None:
        document = [dict(zip(table.KEY, key_values(key), strict=True)) for key in keys]
        self._run(connection, _delete(table, name), document)

    def insert(self, connection: sa.Connection, table: type[Table], name: str, rows: Iterable[Values]) -> None:
        with _driver(connection).cursor().copy(_copy(table, name)) as copy:
            for some in copied(table, rows):
                copy.write(some)

    def change(self, connection: sa.Connection, table: type[Table], name: str, rows: Mapping[Any, Values]) -> None:
        document = [_change(table, key, settled(table, row)) for key, row in rows.items()]
        self._run(connection, _update(table, name), document)
        if not table.BORN:
            self._run(connection, _begin(table, name), document)

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """A reader of several tables may hold one that we wait for, and wait for one that we hold.

        We give way before PostgreSQL looks for such deadlocks (after one second), as it might end the reader.
        """
        locking = SQL("lock table {} in access exclusive mode").format(_names(tables))
        for milliseconds in chain(range(50, 900, 50), repeat(900)):
            with suppress(LockNotAvailable), _driver(connection).transaction():
                _driver(connection).execute(f"set local lock_timeout = {milliseconds}")
                _driver(connection).execute(locking)
                return

    def ready_to_index(self, connection: sa.Connection) -> None:
        """Its keys are sorted in memory when they fit."""
        _driver(connection).execute("set local maintenance_work_mem = '128MB'")

    def relax(self, connection: sa.Connection) -> None:
        """What is lost in a crash is folded again: the log it comes from was flushed before."""
        _driver(connection).execute("set local synchronous_commit = off")

    def _run(self, connection: sa.Connection, statement: str, document: list[dict[str, Any]]) -> None:
        _driver(connection).execute(statement, (orjson.dumps(document).decode(),), prepare=self.prepare or None)


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


def _change(table: type[Table], key: Any, row: Values) -> dict[str, Any]:
    """A changed row as JSON: its key, `said` with a bit for each column that is set, the values, `+` the amounts."""
    change: dict[str, Any] = dict(zip(table.KEY, key_values(key), strict=True))
    said = 0
    for name, at in table.AT.items():
        if row[at] is not ABSENT:
            said |= 1 << at
            change[name] = row[at].decode() if row[at].__class__ is bytes else row[at]
    for name, at in table.AMOUNT_AT.items():
        if row[at]:
            change["+" + name] = row[at]
    change["said"] = said
    return change


@once
def _copy(table: type[Table], name: str) -> Composable:
    columns = _names(_columns(table))
    how = SQL("format csv, quote {}, escape {}, delimiter {}, null {}, force_null ({})")
    options = how.format(QUOTE, QUOTE, DELIMITER, NULL, columns)
    return SQL("copy {} ({}) from stdin ({})").format(Identifier(name), columns, options)


@once
def _delete(table: type[Table], name: str) -> str:
    return _text(SQL("delete from {} t using {} where {}").format(Identifier(name), _given(table), _match(table)))


@once
def _update(table: type[Table], name: str) -> str:
    sets = SQL(", ").join(_set(table, column) for column in table.COLUMNS if column not in table.KEY)
    statement = SQL("update {} t set {} from {} where {}")
    return _text(statement.format(Identifier(name), sets, _given(table), _match(table)))


@once
def _begin(table: type[Table], name: str) -> str:
    """Rows that were not there begin with what is said of them."""
    values = SQL(", ").join(
        SQL("coalesce({}, 0) + coalesce({}, 0)").format(_value(table, column), Identifier("+" + column))
        if column in table.AMOUNT_AT
        else _value(table, column)
        for column in table.COLUMNS
    )
    statement = SQL("insert into {0} ({1}) select {2} from {3} where not exists (select from {0} t where {4})")
    names = _names(list(table.COLUMNS))
    return _text(statement.format(Identifier(name), names, values, _given(table), _match(table)))


def _set(table: type[Table], column: str) -> Composable:
    bit = SQL(str(1 << table.AT[column]))
    statement = SQL("{0} = case when u.said & {1} <> 0 then {2} else t.{0} end")
    changed: Composable = statement.format(Identifier(column), bit, _value(table, column))
    if column in table.AMOUNT_AT:
        changed += SQL(" + coalesce(u.{}, 0)").format(Identifier("+" + column))
    return changed


def _value(table: type[Table], column: str) -> Composable:
    value = SQL("u.{}").format(Identifier(column))
    return value + SQL("::json") if table.COLUMNS[column].is_json else value


def _given(table: type[Table]) -> Composable:
    """The rows of the document, as `u`; JSON within it is text."""
    columns = [SQL("{} {}").format(Identifier(name), SQL(_type(table, name))) for name in table.COLUMNS]
    columns += [SQL("{} bigint").format(Identifier("+" + name)) for name in table.AMOUNT_AT]
    return SQL("json_to_recordset(%s::json) as u({}, said bigint)").format(SQL(", ").join(columns))


def _type(table: type[Table], name: str) -> str:
    column = table.COLUMNS[name]
    if column.is_json:
        return "text"
    return column.type.compile(DIALECT).split(" COLLATE")[0]  # type: ignore[no-any-return]


def _match(table: type[Table]) -> Composable:
    return SQL(" and ").join(SQL("t.{0} = u.{0}").format(Identifier(name)) for name in table.KEY)


def _names(names: Sequence[str]) -> Composable:
    return SQL(", ").join(Identifier(name) for name in names)


def _text(statement: Composable) -> str:
    return statement.as_string(None)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
