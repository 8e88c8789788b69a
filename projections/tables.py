"""The read tables in a database: reading them, and the port through which the engine writes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import sqlalchemy as sa

from workledger.projections.changes import Values
from workledger.projections.table import Table


class Bulk(Protocol):
    """Writes many rows at once into the physical table of that name, in the database's own way.

    Attributes:
        encoded: whether payloads are read, and JSON is written, as bytes instead of text.
        overlaps: whether one thread may read the log while another writes.
        faults: what is raised when the data does not fit the tables, so that trying again cannot help.
    """

    encoded: bool
    overlaps: bool
    faults: tuple[type[Exception], ...]

    def delete(self, connection: sa.Connection, table: type[Table], name: str, keys: Iterable[Any]) -> None: ...

    def insert(self, connection: sa.Connection, table: type[Table], name: str, rows: Iterable[Values]) -> None: ...

    def change(self, connection: sa.Connection, table: type[Table], name: str, rows: Mapping[Any, Values]) -> None:
        """Set and add to rows by key. Those that are not there stay so, unless rows of the table just begin."""
        ...

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Until the transaction ends, nobody reads these tables; whoever is reading them finishes first."""
        ...

    def ready_to_index(self, connection: sa.Connection) -> None:
        """This transaction makes indexes, and may take more memory than others."""
        ...

    def relax(self, connection: sa.Connection) -> None:
        """This transaction need not be flushed when it commits."""
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
