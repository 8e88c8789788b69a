"""The event store in a transaction of the app's: appends and streams are on its connection, the log is not.

A reader of the log must never see an event before it is committed: `read`, `scan` and `head` are those of the ledger.
"""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Union

import sqlalchemy as sa
from eventsourcing.persistence import NotSupportedError, StoredEvent

from workledger.adapters.own_transaction.refusals import ConnectionUnsupported
from workledger.adapters.recorder import DatabaseStore
from workledger.adapters.snapshots import SnapshotStore
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import Conditions, Stored

if TYPE_CHECKING:
    import psycopg

OwnConnection = Union["psycopg.Connection[Any]", sqlite3.Connection, sa.Connection]
"""What an app may give: a connection of the driver, or SQLAlchemy's around one."""


class Transaction(ABC):
    """The transaction that is open on a connection of the app's. It is neither committed nor rolled back here."""

    def __init__(self, connection: OwnConnection) -> None:
        self._connection = connection

    @abstractmethod
    def check(self) -> None:
        """Before a unit of work: refuse a transaction in which a promise could not be kept.

        Raises:
            Refused: see refusals.py.
        """

    @abstractmethod
    def execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        """The rows that a statement returns in the transaction."""

    @abstractmethod
    def savepoint(self) -> AbstractContextManager[None]:
        """A block that an error undoes, without the rest of the transaction."""

    @abstractmethod
    def append(self, events: Sequence[Stored], conditions: Conditions) -> Sequence[int]:
        """The positions of the events, which others see once the app commits. A refusal leaves the transaction as it
        was before.

        Raises:
            AlreadyDone, ConcurrencyConflict, ClaimUnmet: see EventStore.
            Refused: see refusals.py.
        """

    def _begin_in_sqlalchemy(self) -> None:
        """SQLAlchemy begins its transactions with their first statement; what it has not begun, it does not commit."""
        if isinstance(self._connection, sa.Connection) and not self._connection.in_transaction():
            self._connection.exec_driver_sql("select 1")


def driver_of(connection: OwnConnection) -> Any:
    """The driver's connection in SQLAlchemy's, or itself."""
    return connection.connection.driver_connection if isinstance(connection, sa.Connection) else connection


def unsupported(driver: Any, wanted: str) -> ConnectionUnsupported:
    """The refusal of a connection of another driver."""
    kind = f"{type(driver).__module__}.{type(driver).__qualname__}"
    return ConnectionUnsupported(reason=f"it is a {kind}; give a {wanted}, or SQLAlchemy's connection over one.")


class TransactionStore(DatabaseStore):
    """Streams, claims and command ids as the transaction sees them; the log as readers of the ledger `store` do."""

    def __init__(self, store: DatabaseStore, transaction: Transaction) -> None:
        super().__init__(store.engine)
        self.transaction, self._store = transaction, store

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, conditions: Conditions | None = None, **kwargs: Any
    ) -> Sequence[int]:
        events = [event for event in stored_events if isinstance(event, Stored)]
        return self.transaction.append(events, conditions or Conditions())

    def read(
        self,
        after: int,
        limit: int,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        return self._store.read(after, limit, upto=upto, topics=topics, tag=tag)

    def scan(self, after: int, limit: int, *, upto: int, topics: Sequence[str] = ()) -> Sequence[tuple[Any, ...]]:
        return self._store.scan(after, limit, upto=upto, topics=topics)

    def head(self) -> int:
        return self._store.head()

    def erase(self, stream_id: str, topic: str, upto_version: int) -> None:
        """Not offered: what is erased is gone, whatever becomes of a transaction."""
        raise NotSupportedError

    def forget_commands(self, upto: int) -> None:
        """Not offered, as `erase`."""
        raise NotSupportedError

    def _execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        return self.transaction.execute(statement)


class TransactionSnapshots(SnapshotStore):
    """Snapshots that are rolled back with the events that they were taken of."""

    def __init__(self, engine: sa.Engine, transaction: Transaction) -> None:
        super().__init__(engine)
        self._transaction = transaction

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        with self._transaction.savepoint():
            for statement in self._insertions(stored_events):
                self._transaction.execute(statement)

    def _execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        return self._transaction.execute(statement)
