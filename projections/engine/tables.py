"""The read tables of a database: what queries read them with, and the port through which the engine writes them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from typing import Any, Protocol, TypeVar, overload

import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.changes import Changes, Values
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.logged import fill_in
from workledger.projections.engine.statement import Query, Statement, check
from workledger.projections.engine.table import Table

R = TypeVar("R", bound=TableRow | dict[str, Any])


class Bulk(Protocol):
    """Writes many rows at once into the physical table of a given name, in the database's own way.

    Attributes:
        dialect: of the statements that `rows` takes.
        encoded: whether payloads are read, and JSON is written, as bytes instead of text.
        overlaps: whether one thread may read the log while another writes.
        faults: the errors of data that does not fit the tables, for which a retry is no help.
        outages: what is raised when the database fails, so that the same may succeed later.
    """

    dialect: sa.Dialect
    encoded: bool
    overlaps: bool
    faults: tuple[type[Exception], ...]
    outages: tuple[type[Exception], ...]

    def rows(self, sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows that a statement returns, as the driver has them, in one round trip; it is kept prepared."""
        ...

    def small_write(
        self,
        moves: Sequence[tuple[Checkpoint, Checkpoint]],
        writings: Sequence[tuple[type[Table], str, Changes]],
    ) -> bool:
        """Advance checkpoints and write changes of a few rows in one transaction; False, and nothing is done, when the
        ordinary way is as quick.

        Raises:
            Superseded: one of the checkpoints is no longer where it was; nothing is written.
        """
        ...

    def delete(self, connection: sa.Connection, table: type[Table], name: str, keys: Iterable[Any]) -> None: ...

    def insert(self, connection: sa.Connection, table: type[Table], name: str, rows: Iterable[Values]) -> None: ...

    def change(self, connection: sa.Connection, table: type[Table], name: str, rows: Mapping[Any, Values]) -> None:
        """Set columns of rows, and add to them, by key. A missing row is inserted only where no event begins rows (see
        Table)."""
        ...

    def keep_readers_out(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Lock these tables against readers until the transaction ends, once those who are reading them have finished.

        Raises:
            ReadersStay: some did not finish for a while; to be retried later, in another transaction.
        """
        ...

    def hold_still(self, connection: sa.Connection, tables: Sequence[str]) -> None:
        """Give this transaction, which has just begun, one snapshot, and keep these tables from being swapped until it
        ends."""
        ...

    def ready_to_index(self, connection: sa.Connection) -> None:
        """Allow this transaction more memory than others: it makes indexes."""
        ...

    def without_fsync(self, connection: sa.Connection) -> None:
        """The commit of this transaction need not wait for the disk: a crash of the server may lose it."""
        ...


def write(bulk: Bulk, connection: sa.Connection, table: type[Table], name: str, changes: Changes) -> None:
    """Write the changes of a batch to one physical table, statement by statement."""
    # Deletes first: a row that was renewed is both deleted and inserted.
    if changes.gone:
        bulk.delete(connection, table, name, changes.gone)
    if changes.new:
        bulk.insert(connection, table, name, changes.new.values())
    if changes.changed:
        bulk.change(connection, table, name, changes.changed)


class ReadersStay(Exception):
    """Readers have held the tables for longer than a transaction that others wait for may wait."""


class ReadTables:
    """The read tables of a ledger. Query functions of projections take it as their first argument.

    Args:
        log: in which logged values are looked up.
        errors: a block in which errors of the database become refusals.
    """

    def __init__(
        self,
        engine: sa.Engine,
        bulk: Bulk,
        log: EventStore,
        errors: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        self.engine, self.bulk, self._log, self._errors = engine, bulk, log, errors
        self._as_text = False
        self._writing = engine.execution_options(writing=True)

    def as_text(self) -> "ReadTables":
        """The same tables, for answers in JSON: statements leave JSON and moments the text that they are (see
        Plan.rows)."""
        tables = copy(self)
        tables._as_text = True
        return tables

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self, names: Sequence[str]) -> Iterator[sa.Connection]:
        """A transaction that reads one snapshot of those tables, whatever is written meanwhile."""
        with self.engine.connect() as connection:
            self.bulk.hold_still(connection, names)
            yield connection

    @overload
    def all(self, chosen: Query) -> list[dict[str, Any]]: ...

    @overload
    def all(self, chosen: Query, row: type[R]) -> list[R]: ...

    def all(self, chosen: Query, row: type[Any] | None = None) -> list[Any]:
        """The rows that a query selects, as dictionaries, with logged values looked up in the log.

        Args:
            row: the TypedDict that they are.

        Raises:
            TypeError: the query does not select the columns of `row`.
            Refused: the database cannot be used (DATABASE_…), or the table is missing (READ_TABLE_MISSING).
        """
        return self._read(chosen, row)

    @overload
    def first(self, chosen: Query) -> dict[str, Any] | None: ...

    @overload
    def first(self, chosen: Query, row: type[R]) -> R | None: ...

    def first(self, chosen: Query, row: type[Any] | None = None) -> Any:
        """The first row of a query, see `all`; None when it selects none."""
        return next(iter(self._read(chosen.limit(1), row)), None)

    def run(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """The rows of a statement, see `all`, in one round trip.

        Raises:
            Refused: the database cannot be used (DATABASE_…), or the table is missing (READ_TABLE_MISSING).
        """
        plan = statement.plan(self.bulk.dialect, parameters)
        with self._errors():
            found = self.bulk.rows(plan.sql, plan.arguments(parameters))
        rows: list[Any] = plan.rows(found, as_text=self._as_text)
        fill_in(self._log, statement.query.selected_columns, rows)
        return rows

    def run_first(self, statement: Statement[R], **parameters: Any) -> R | None:
        """The first row of a statement; None when it returns none."""
        rows = self.run(statement, **parameters)
        return rows[0] if rows else None

    def _read(self, chosen: Query, row: type[Any] | None) -> list[Any]:
        with self._errors(), self.engine.connect() as connection:
            if row is not None:
                check(chosen, row)
            found = connection.execute(chosen)
            rows = [dict(one) for one in found.mappings()]
        fill_in(self._log, chosen.selected_columns, rows)
        return rows
