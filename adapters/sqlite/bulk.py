"""Many rows at once into SQLite: one prepared statement, executed for each."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from workledger.adapters.sqlite.fetch import fetch
from workledger.projections.engine.changes import (
    Changes,
    Values,
    changed_columns,
    insert_values,
    key_values,
    merge_amounts,
)
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.table import Table, memoised
from workledger.projections.engine.tables import write

MOVE = """
update checkpoints set position = ?, letters = ? where name = ? and position = ? and fingerprint = ? and letters = ?
"""

DIALECT: sa.Dialect = sqlite.dialect(paramstyle="qmark")


class SQLiteBulk:
    """See projections.tables.Bulk.

    Args:
        engine: of the connections that statements are run on.
    """

    dialect = DIALECT
    encoded = False
    overlaps = False
    """There is no server that works at the same time, and threads of this process would wait for each other."""
    faults: tuple[type[Exception], ...] = (
        sqlite3.IntegrityError,
        sqlite3.DataError,
        sqlite3.ProgrammingError,
        OverflowError,
        UnicodeEncodeError,
        sa.exc.IntegrityError,
    )
    outages: tuple[type[Exception], ...] = (
        sqlite3.OperationalError,
        sqlite3.InterfaceError,
        sqlite3.InternalError,
        sqlite3.ProgrammingError,
        sa.exc.OperationalError,
        sa.exc.InterfaceError,
        sa.exc.InternalError,
        sa.exc.ProgrammingError,
        sa.exc.TimeoutError,
    )

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writing=True)

    def rows(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        return fetch(self._engine, sql, arguments)

    def small_write(
        self,
        moves: Sequence[tuple[Checkpoint, Checkpoint]],
        writings: Sequence[tuple[type[Table], str, Changes]],
    ) -> bool:
        with self._writing.begin() as connection:
            moved = _each(connection, MOVE, [(to.position, to.dead_letters, *_whole(at)) for at, to in moves])
            if moved < len(moves):
                raise Superseded(", ".join(at.name for at, _ in moves))
            for table, name, changes in writings:
                write(self, connection, table, name, changes)
        return True

    def delete(self, connection: sa.Connection, table: type[Table], name: str, keys: Iterable[Any]) -> None:
        _each(connection, f'delete from "{name}" where {_match(table, 1)}', map(key_values, keys))  # noqa: S608

    def insert(self, connection: sa.Connection, table: type[Table], name: str, rows: Iterable[Values]) -> None:
        _each(connection, _insert(table, name), [insert_values(table, row) for row in rows])

    def change(self, connection: sa.Connection, table: type[Table], name: str, rows: Mapping[Any, Values]) -> None:
        groups: dict[tuple[Sequence[str], Sequence[str]], list[list[Any]]] = {}
        for key, row in rows.items():
            sets, adds = changed_columns(table, merge_amounts(table, row))
            values = [*(row[table.AT[one]] for one in sets), *(row[table.AMOUNT_AT[one]] for one in adds)]
            groups.setdefault((sets, adds), []).append([*key_values(key), *values])
        for (sets, adds), changes in groups.items():
            if not table.BORN:
                _each(connection, _upsert(table, name, sets, adds), changes)
            elif sets or adds:
                _each(connection, _update(table, name, sets, adds), changes)

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Readers have a snapshot, and wait for nobody."""

    def hold_still(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Every transaction of SQLite reads from a snapshot."""

    def ready_to_index(self, connection: sa.Connection) -> None:
        """SQLite decides by itself whether it sorts in memory or in files."""

    def without_fsync(self, connection: sa.Connection) -> None:
        """A commit to the write-ahead log costs little."""


@memoised
def _insert(table: type[Table], name: str) -> str:
    marks = ", ".join("?" * len(table.COLUMNS))
    return f'insert into "{name}" ({_list(list(table.COLUMNS))}) values ({marks})'  # noqa: S608


@memoised
def _update(table: type[Table], name: str, sets: Sequence[str], adds: Sequence[str]) -> str:
    first = len(table.KEY) + 1
    changes = [f'"{one}" = ?{at}' for at, one in enumerate(sets, first)]
    changes += [f'"{one}" = "{one}" + ?{at}' for at, one in enumerate(adds, first + len(sets))]
    return f'update "{name}" set {", ".join(changes)} where {_match(table, 1)}'  # noqa: S608


@memoised
def _upsert(table: type[Table], name: str, sets: Sequence[str], adds: Sequence[str]) -> str:
    columns = [*table.KEY, *sets, *adds]
    changes = [f'"{one}" = excluded."{one}"' for one in sets]
    changes += [f'"{one}" = "{name}"."{one}" + excluded."{one}"' for one in adds]
    what = f"do update set {', '.join(changes)}" if changes else "do nothing"
    marks = ", ".join("?" * len(columns))
    statement = f'insert into "{name}" ({_list(columns)}) values ({marks})'  # noqa: S608
    return f"{statement} on conflict ({_list(table.KEY)}) {what}"


def _whole(at: Checkpoint) -> tuple[Any, ...]:
    return at.name, at.position, at.fingerprint, at.dead_letters


def _each(connection: sa.Connection, statement: str, rows: Iterable[Sequence[Any]]) -> int:
    """How many rows it changed."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    cursor.executemany(statement, rows)  # type: ignore[arg-type]
    return cursor.rowcount


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _match(table: type[Table], first: int) -> str:
    return " and ".join(f'"{name}" = ?{at}' for at, name in enumerate(table.KEY, first))
