"""The read tables in a database: reading them, and the port through which the engine writes them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa

Rows = Sequence[Sequence[Any]]


class Bulk(Protocol):
    """Writes many rows at once, in the database's own way. Key columns come first in every row."""

    def delete(self, connection: sa.Connection, table: sa.Table, key: Sequence[str], rows: Rows) -> None: ...

    def insert(self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Rows) -> None: ...

    def update(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        """Rows are key, values to set, amounts to add; rows that are not there stay so."""
        ...

    def upsert(
        self,
        connection: sa.Connection,
        table: sa.Table,
        key: Sequence[str],
        sets: Sequence[str],
        adds: Sequence[str],
        rows: Rows,
    ) -> None:
        """As `update`, but rows that are not there begin."""
        ...

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Until the transaction ends, nobody reads these tables; whoever is reading them finishes first."""
        ...


class ReadTables:
    """Where the read tables are. Query functions of projections take it as their first argument."""

    def __init__(self, engine: sa.Engine, bulk: Bulk) -> None:
        self.engine, self.bulk = engine, bulk
        self._writing = engine.execution_options(writing=True)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes."""
        with self._writing.begin() as connection:
            yield connection

    def all(self, chosen: sa.Select[Any]) -> list[dict[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(chosen).mappings()]

    def first(self, chosen: sa.Select[Any]) -> dict[str, Any] | None:
        with self.engine.connect() as connection:
            row = connection.execute(chosen).mappings().first()
        return None if row is None else dict(row)

    def scalar(self, chosen: sa.Select[Any]) -> Any:
        with self.engine.connect() as connection:
            return connection.scalar(chosen)
