"""A transaction of the app's on SQLite, in which the ledger is written and read.

A unit of work takes the write lock before it reads, and the app's transaction has it until it ends. So nothing that was
checked changes before its commit, positions become visible in their order, and every other writer waits.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from workledger.adapters.failures import refusal_of
from workledger.adapters.own_transaction.refusals import (
    ConnectionElsewhere,
    TransactionAborted,
    TransactionMissing,
    TransactionStale,
)
from workledger.adapters.own_transaction.store import OwnConnection, Transaction, driver_of, unsupported
from workledger.adapters.sqlite.append import append
from workledger.adapters.sqlite.file import File
from workledger.domain.kernel.store import Conditions, Stored

DIALECT = sqlite.dialect(paramstyle="qmark")

FILES = "select name, file from pragma_database_list"
LOCK = "update workledger set value = value where false"
"""Changes nothing, but takes the write lock, which a transaction keeps."""

SAVEPOINT, RELEASE = "savepoint workledger", "release workledger"
UNDO = "rollback to workledger"


class SQLiteTransaction(Transaction):
    """The transaction that is open on a sqlite3.Connection. Its row and text factories stay what they are."""

    def __init__(self, connection: OwnConnection, file: File) -> None:
        super().__init__(connection)
        driver = driver_of(connection)
        if not isinstance(driver, sqlite3.Connection):
            raise unsupported(driver, "sqlite3.Connection")
        self._driver, self._file = driver, file
        self._known = False

    def check(self) -> None:
        self._identify()
        self._begin()
        with self._cursor() as cursor:
            cursor.execute(LOCK)

    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        self._identify()
        compiled: Any = statement.compile(  # type: ignore[attr-defined]
            dialect=DIALECT, compile_kwargs={"render_postcompile": True}
        )
        with self._cursor() as cursor:
            return cursor.execute(str(compiled), [compiled.params[name] for name in compiled.positiontup]).fetchall()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with self._savepoint():
            yield

    def append(self, events: Sequence[Stored], conditions: Conditions) -> Sequence[int]:
        self._identify()
        self._begin()
        with self._savepoint() as cursor:
            return append(cursor, events, conditions)

    @contextmanager
    def _savepoint(self) -> Iterator[sqlite3.Cursor]:
        with self._cursor() as cursor:
            cursor.execute(SAVEPOINT)
            try:
                yield cursor
            except BaseException:
                if self._driver.in_transaction:  # a full disk, for one, has rolled all of it back
                    cursor.execute(UNDO)
                    cursor.execute(RELEASE)
                raise
            cursor.execute(RELEASE)

    def _identify(self) -> None:
        """
        Raises:
            ConnectionElsewhere: it is a connection to another file.
        """
        self._file.check()
        if self._known:
            return
        with self._cursor() as cursor:
            files = dict(cursor.execute(FILES).fetchall())
        if not self._file.is_at(files["main"]):
            raise ConnectionElsewhere(found=files["main"] or "memory", ledger=self._file.path)
        self._known = True

    def _begin(self) -> None:
        """Where the driver begins transactions by itself, it would do so with our first event.

        Raises:
            TransactionMissing: it does not, and nobody else has.
        """
        self._begin_in_sqlalchemy()
        if self._driver.in_transaction:
            return
        if self._driver.isolation_level is None or getattr(self._driver, "autocommit", None) is True:
            raise TransactionMissing
        with self._cursor() as cursor:
            cursor.execute("begin immediate")

    @contextmanager
    def _cursor(self) -> Iterator[sqlite3.Cursor]:
        """A cursor that has no row factory, with text as str.

        Raises:
            Refused: the database is busy, full or broken; or the transaction is stale, or was rolled back by that.
        """
        factory, open_before = self._driver.text_factory, self._driver.in_transaction
        cursor = sqlite3.Cursor(self._driver)
        self._driver.text_factory = str
        try:
            yield cursor
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_BUSY_SNAPSHOT:
                raise TransactionStale from None
            refused = refusal_of(error)
            if open_before and not self._driver.in_transaction:
                raise TransactionAborted(reason=str(refused or error)) from error
            if refused is None:
                raise
            raise refused from error
        finally:
            self._driver.text_factory = factory
            cursor.close()
