"""Many rows at once into SQLite: one prepared statement, executed for each."""

from collections.abc import Sequence

import sqlalchemy as sa

from workledger.projections.tables import Rows


class SQLiteBulk:
    """See projections.tables.Bulk."""

    def delete(self, connection: sa.Connection, table: sa.Table, key: Sequence[str], rows: Rows) -> None:
        _each(connection, f"delete from {_name(table)} where {_match(key, 1)}", rows)  # noqa: S608

    def insert(self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Rows) -> None:
        marks = ", ".join("?" * len(columns))
        _each(connection, f"insert into {_name(table)} ({_list(columns)}) values ({marks})", rows)  # noqa: S608

    def update(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        first = len(key) + 1
        changes = [f'"{name}" = ?{at}' for at, name in enumerate(sets, first)]
        changes += [f'"{name}" = "{name}" + ?{at}' for at, name in enumerate(adds, first + len(sets))]
        statement = f"update {_name(table)} set {', '.join(changes)} where {_match(key, 1)}"  # noqa: S608
        _each(connection, statement, rows)

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        columns = [*key, *sets, *adds]
        changes = [f'"{name}" = excluded."{name}"' for name in sets]
        changes += [f'"{name}" = {_name(table)}."{name}" + excluded."{name}"' for name in adds]
        marks = ", ".join("?" * len(columns))
        statement = f"insert into {_name(table)} ({_list(columns)}) values ({marks}) "  # noqa: S608
        _each(connection, statement + f"on conflict ({_list(key)}) do update set {', '.join(changes)}", rows)

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Readers see what was there when they began, and wait for nobody."""


def _each(connection: sa.Connection, statement: str, rows: Rows) -> None:
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.cursor().executemany(statement, rows)


def _name(table: sa.Table) -> str:
    return f'"{table.name}"'


def _list(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _match(key: Sequence[str], first: int) -> str:
    return " and ".join(f'"{name}" = ?{at}' for at, name in enumerate(key, first))
