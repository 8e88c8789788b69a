"""Rows of read tables into PostgreSQL: COPY or an upsert for many, one exchange with the server for a few."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from psycopg.errors import LockNotAvailable, ProgramLimitExceeded
from psycopg.sql import SQL, Identifier
from sqlalchemy.dialects import postgresql

from workledger.adapters.postgres import copying, small_write, upsert
from workledger.adapters.postgres.arrays import literal
from workledger.adapters.postgres.connection import ConnectionLost
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.projections.engine.changes import Changes, Values, merge_amounts
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadersStay

PATIENCE = range(50, 900, 50)
"""Milliseconds that each attempt to lock the tables waits for readers."""

FEW = 100
"""The most rows for which one exchange is faster than COPY."""


DIALECT: sa.Dialect = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class PostgresBulk:
    """See projections.tables.Bulk."""

    dialect = DIALECT
    encoded = True
    overlaps = True
    faults: tuple[type[Exception], ...] = (
        psycopg.DataError,
        psycopg.IntegrityError,
        ProgramLimitExceeded,
        orjson.JSONEncodeError,
        UnicodeEncodeError,
        sa.exc.DataError,
        sa.exc.IntegrityError,
    )
    outages: tuple[type[Exception], ...] = (
        ConnectionLost,
        psycopg.OperationalError,
        psycopg.InterfaceError,
        psycopg.InternalError,
        psycopg.ProgrammingError,
        sa.exc.OperationalError,
        sa.exc.InterfaceError,
        sa.exc.InternalError,
        sa.exc.ProgrammingError,
        sa.exc.TimeoutError,
    )

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool

    def rows(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._pool.rows(sql.encode(), [literal(value) for value in arguments], text=True)

    def small_write(
        self,
        moves: Sequence[tuple[Checkpoint, Checkpoint]],
        writings: Sequence[tuple[type[Table], str, Changes]],
    ) -> bool:
        if sum(len(changes.new) + len(changes.changed) + len(changes.gone) for _, _, changes in writings) > FEW:
            return False
        self._pool.check(writing=True)
        with self._pool.connection() as connection:
            small_write.write(connection.driver, moves, writings, prepare=self._pool.capabilities.prepare)
        return True

    def delete(self, connection: sa.Connection, table: type[Table], name: str, keys: Iterable[Any]) -> None:
        self._run(connection, upsert.delete(table, name), [upsert.keyed(table, key) for key in keys])

    def insert(self, connection: sa.Connection, table: type[Table], name: str, rows: Iterable[Values]) -> None:
        with _driver(connection).cursor().copy(copying.statement(table, name)) as copy:
            for some in copying.copied(table, rows):
                copy.write(some)

    def change(self, connection: sa.Connection, table: type[Table], name: str, rows: Mapping[Any, Values]) -> None:
        if table.BORN:
            document = [upsert.changed(table, key, merge_amounts(table, row)) for key, row in rows.items()]
            self._run(connection, upsert.update(table, name), document)
            return
        for statement, document in upsert.by_columns(table, name, rows):
            self._run(connection, statement, document)

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """A reader of several tables may hold one that we wait for, and wait for one that we hold.

        Each attempt ends before PostgreSQL looks for deadlocks (after one second), as it might abort the reader. In
        the end it is given up: a dump of the database may read for hours, and this transaction blocks the projector.
        """
        locking = SQL("lock table {} in access exclusive mode").format(
            SQL(", ").join(Identifier(table) for table in tables)
        )
        for milliseconds in PATIENCE:
            with suppress(LockNotAvailable), _driver(connection).transaction():
                _driver(connection).execute(f"set local lock_timeout = {milliseconds}")
                _driver(connection).execute(locking)
                _driver(connection).execute("set local lock_timeout to default")
                return
        raise ReadersStay

    def hold_still(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """The tables are locked first: a snapshot from before a swap would find the new ones empty."""
        names = ", ".join(f'"{table}"' for table in tables)
        connection.exec_driver_sql("set transaction isolation level repeatable read")
        connection.exec_driver_sql(f"lock table {names} in access share mode")

    def ready_to_index(self, connection: sa.Connection) -> None:
        """Have the keys sorted in memory when they fit."""
        _driver(connection).execute("set local maintenance_work_mem = '128MB'")

    def without_fsync(self, connection: sa.Connection) -> None:
        """Rows lost in a crash are folded again: the log that they come from was flushed before."""
        _driver(connection).execute("set local synchronous_commit = off")

    def _run(self, connection: sa.Connection, statement: str, document: list[dict[str, Any]]) -> None:
        _driver(connection).execute(
            statement, (orjson.dumps(document).decode(),), prepare=self._pool.capabilities.prepare or None
        )


def _driver(connection: sa.Connection) -> Any:
    return connection.connection.driver_connection
