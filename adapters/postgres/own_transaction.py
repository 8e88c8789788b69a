"""A transaction of the app's on PostgreSQL, in which the ledger is written and read.

The locks of an append are held until the app's transaction ends. So nothing that was checked changes before its commit,
the watermark waits for its positions (watermark.py), and others that need the same streams or claims wait as well.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.pq import Escaping, PipelineStatus, TransactionStatus
from sqlalchemy.dialects import postgresql

from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseUnreachable, reason_of
from workledger.adapters.own_transaction.refusals import (
    ConnectionElsewhere,
    ConnectionUnsupported,
    TransactionAborted,
    TransactionDeadlock,
    TransactionIsolation,
    TransactionMissing,
)
from workledger.adapters.own_transaction.store import OwnConnection, Transaction, driver_of, unsupported
from workledger.adapters.postgres.append import STATEMENT, Append, positions, refusal
from workledger.adapters.postgres.arrays import literal
from workledger.adapters.postgres.connection import Connection, ConnectionLost, StatementRefused
from workledger.adapters.postgres.open_transaction import remember
from workledger.adapters.postgres.place import Home, place_of
from workledger.adapters.postgres.wakeups import CHANNEL
from workledger.domain.kernel.store import Conditions, Stored

DIALECT = postgresql.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

DEADLOCK = "40P01"
BUSY = ("55P03", "57014")
"""The app's lock_timeout or statement_timeout ended the wait for a lock."""
UNABLE = ("25006", "42501")
"""The transaction or the server is read-only, or the app's role lacks a right."""

ISOLATION = b"select current_setting('transaction_isolation')"
READ_COMMITTED = b"read committed"

SAVEPOINT = b"""savepoint workledger;
select current_setting('search_path'), set_config('search_path', %b, true)"""
"""The append function finds the ledger's tables by the search_path. The app has its own, and gets it back."""

NOTIFY = f"notify {CHANNEL};".encode()
"""Sent by the app's commit. Commits that notify wait for each other, which is why other appends have none in them."""

RELEASE = b"""%b release savepoint workledger;
select set_config('search_path', %b, true), pg_current_xact_id()::text"""
UNDO = b"rollback to savepoint workledger; release savepoint workledger"


class PostgresTransaction(Transaction):
    """The transaction that is open on a psycopg.Connection.

    Statements go below the driver's cursors, so no row factory, adapter or prepared statement of the app takes part.
    """

    def __init__(self, connection: OwnConnection, home: Home) -> None:
        super().__init__(connection)
        driver = driver_of(connection)
        if not isinstance(driver, psycopg.Connection):
            raise unsupported(driver, "psycopg.Connection")
        self._driver, self._home = driver, home
        self._calls = Connection(driver, None)
        self._schema = ""

    def check(self) -> None:
        self._identify()
        self._begin()
        with self._statement():
            isolation = self._calls.call(ISOLATION, ()) or b""
        if isolation != READ_COMMITTED:
            raise TransactionIsolation(isolation=isolation.decode())

    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        self._identify()
        compiled: Any = statement.compile(  # type: ignore[attr-defined]
            dialect=DIALECT,
            schema_translate_map={None: self._schema},
            render_schema_translate=True,
            compile_kwargs={"render_postcompile": True},
        )
        parameters = [literal(compiled.params[name]) for name in compiled.positiontup]
        with self._statement():
            return self._calls.rows(str(compiled).encode(), parameters, text=True)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with self._savepoint():
            yield

    def append(self, events: Sequence[Stored], conditions: Conditions) -> Sequence[int]:
        append = Append(events, conditions)
        if append.empty:
            return ()
        self._identify()
        self._begin()
        with self._savepoint(NOTIFY), self._statement():
            try:
                return positions(self._calls.call(STATEMENT, append.parameters()))
            except StatementRefused as refused:
                raise _refusal(refused) or refusal(append, refused) from None

    @contextmanager
    def _savepoint(self, notify: bytes = b"") -> Iterator[None]:
        escape = Escaping(self._driver.pgconn)
        ours = bytes(escape.escape_identifier(self._schema.encode())) + b", pg_temp"
        with self._statement():
            path = self._calls.script(SAVEPOINT % bytes(escape.escape_literal(ours))).get_value(0, 0) or b""
        try:
            yield
        except DatabaseUnreachable:
            raise  # its transaction went with the connection
        except BaseException:
            with self._statement():
                self._calls.script(UNDO)
            raise
        with self._statement():
            released = self._calls.script(RELEASE % (notify, bytes(escape.escape_literal(path))))
        remember(self._driver, released.get_value(0, 1) or b"")

    def _identify(self) -> None:
        """
        Raises:
            Refused: the connection is of no use, or leads to another database.
        """
        driver = self._driver
        if driver.closed:
            raise DatabaseUnreachable(reason="that connection is closed")
        if driver.pgconn.pipeline_status != PipelineStatus.OFF:
            raise ConnectionUnsupported(reason="it is in pipeline mode; leave that first.")
        if (encoding := driver.info.parameter_status("client_encoding")) != "UTF8":
            raise ConnectionUnsupported(reason=f"its client_encoding is {encoding}; UTF8 is needed.")
        if driver.info.transaction_status == TransactionStatus.INERROR:
            raise TransactionAborted(reason="one of its statements was refused")
        if self._schema:
            return
        with self._statement():
            place = place_of(self._calls)
        with _errors():
            ledger = self._home.place(place.server)
        if not place.same_database(ledger):
            raise ConnectionElsewhere(found=str(place), ledger=str(ledger))
        self._schema = ledger.schema or ""

    def _begin(self) -> None:
        """The driver begins a transaction with its first statement, unless it is in autocommit mode.

        Raises:
            TransactionMissing: it is, and nobody has begun one.
        """
        self._begin_in_sqlalchemy()
        if self._driver.info.transaction_status == TransactionStatus.IDLE:
            if self._driver.autocommit:
                raise TransactionMissing
            with _errors():
                psycopg.Cursor(self._driver).execute("select 1", prepare=False)

    @contextmanager
    def _statement(self) -> Iterator[None]:
        """Of the threads that the app may share a connection between, one at a time uses it."""
        with self._driver.lock, _errors():
            yield


@contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except (ConnectionLost, psycopg.OperationalError) as error:
        raise DatabaseUnreachable(reason=reason_of(error)) from None
    except StatementRefused as refused:
        raise _refusal(refused) or refused.error from None


def _refusal(refused: StatementRefused) -> Exception | None:
    """What an error of the server means in a transaction of the app's; None when that is nothing particular."""
    if refused.state == DEADLOCK:
        return TransactionDeadlock()
    if refused.state in BUSY:
        return DatabaseBusy()
    return DatabaseFailed(reason=refused.message) if refused.state in UNABLE else None
