"""Many rows at once into PostgreSQL: new ones by COPY, changes as arrays in one statement."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

import sqlalchemy as sa
from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Composable, Identifier

from workledger.projections.tables import Rows


class PostgresBulk:
    """See projections.tables.Bulk."""

    def delete(self, connection: sa.Connection, table: sa.Table, key: Sequence[str], rows: Rows) -> None:
        statement = SQL("delete from {table} t using {given} where {match}")
        _run(connection, statement, table, key, key, [], rows)

    def insert(self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Rows) -> None:
        statement = SQL("copy {} ({}) from stdin").format(Identifier(table.name), _names(columns))
        with _driver(connection).cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def update(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        changes = _changes("u", sets, adds)
        statement = SQL("update {table} t set {changes} from {given} where {match}")
        _run(connection, statement, table, key, [*key, *sets, *adds], changes, rows)

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        changes = _changes("excluded", sets, adds)
        statement = SQL(
            "insert into {table} as t ({columns}) select * from {given} on conflict ({key}) do update set {changes}"
        )
        _run(connection, statement, table, key, [*key, *sets, *adds], changes, rows)

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


def _run(
    connection: sa.Connection,
    statement: SQL,
    table: sa.Table,
    key: Sequence[str],
    columns: Sequence[str],
    changes: Sequence[Composable],
    rows: Rows,
) -> None:
    """The statement over the rows, which it sees as `u` with those columns."""
    types = [table.c[name].type.compile(connection.dialect) for name in columns]
    arrays = [SQL("%s::" + kind.split(" COLLATE")[0] + "[]") for kind in types]
    composed = statement.format(
        table=Identifier(table.name),
        given=SQL("unnest({}) as u({})").format(SQL(", ").join(arrays), _names(columns)),
        match=SQL(" and ").join(SQL("t.{0} = u.{0}").format(Identifier(name)) for name in key),
        key=_names(key),
        columns=_names(columns),
        changes=SQL(", ").join(changes),
    )
    _driver(connection).cursor().execute(composed, [list(column) for column in zip(*rows, strict=True)])


def _changes(given: str, sets: Sequence[str], adds: Sequence[str]) -> list[Composable]:
    changes: list[Composable] = [SQL("{0} = {1}.{0}").format(Identifier(name), SQL(given)) for name in sets]
    return changes + [SQL("{0} = t.{0} + {1}.{0}").format(Identifier(name), SQL(given)) for name in adds]


def _names(names: Sequence[str]) -> Composable:
    return SQL(", ").join(Identifier(name) for name in names)


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
