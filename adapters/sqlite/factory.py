"""The ledger's database in SQLite: in WAL mode, with one writer at a time and readers that never wait."""

from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from eventsourcing.persistence import ApplicationRecorder

from workledger.adapters.backup import OnCopied
from workledger.adapters.factory import DatabaseFactory
from workledger.adapters.failures import database_errors
from workledger.adapters.own_transaction.store import OwnConnection
from workledger.adapters.schema import EVENTS
from workledger.adapters.sqlite import position_index
from workledger.adapters.sqlite.backup import copy
from workledger.adapters.sqlite.bulk import SQLiteBulk
from workledger.adapters.sqlite.checkpointer import Checkpointer
from workledger.adapters.sqlite.file import File, is_empty
from workledger.adapters.sqlite.own_transaction import SQLiteTransaction
from workledger.adapters.sqlite.store import SQLiteStore, cursor_of
from workledger.adapters.sqlite.wakeups import SQLiteWakeups
from workledger.adapters.sqlite.writer import Writer

KEPT = """
create trigger if not exists events_are_kept_{0} before {0} on events
when not exists (select 1 from workledger where key = 'erasing')
begin select raise(abort, 'events are never changed or deleted'); end
"""

NOT_REPLACED = """
create trigger if not exists events_are_not_replaced before insert on events
when exists (select 1 from events where position = new.position)
  or exists (select 1 from events where stream_id = new.stream_id and version = new.version)
begin select raise(abort, 'events are never changed or deleted'); end
"""
"""`insert or replace` deletes the row that is in its way, without a trigger for deletions."""

HEAD = sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.position), 0))


class SQLiteFactory(DatabaseFactory):
    """Opens a file or memory; see file.py for the URLs."""

    def connect(self, url: str) -> sa.Engine:
        self._file = File(url, read_only=self.read_only)
        self.place = f"{self._file.path}: "
        self._checkpointer = Checkpointer(self._file)
        self._writer = Writer(self._file, self._checkpointer.look)
        if not self._file.memory:
            self.wakeups = SQLiteWakeups(self._file)
        engine = sa.create_engine(
            "sqlite://",
            creator=lambda: self._file.connect(durable=False),
            poolclass=sa.QueuePool,
            pool_size=16,
            max_overflow=48,
        )
        sa.event.listen(engine, "begin", self._begin)
        sa.event.listen(engine, "checkin", lambda driver, record: self._checkpointer.look())
        self.bulk = SQLiteBulk(engine)
        return engine

    def exists(self, url: str) -> bool:
        return url.startswith("sqlite:///") and not is_empty(url.removeprefix("sqlite:///"))

    def application_recorder(self) -> ApplicationRecorder:
        return SQLiteStore(self.engine, self._writer)

    def own_transaction(self, connection: OwnConnection) -> SQLiteTransaction:
        return SQLiteTransaction(connection, self._file)

    def prepare(self) -> None:
        """A ledger that was restored from a dump has no write-ahead log yet."""
        super().prepare()
        if not (self._file.memory or self.read_only):
            self._writer.keep_log()

    def exclusively(self, connection: sa.Connection) -> None:
        """The transaction began as immediate, so there is no other writer."""

    def backup(self, path: Path, on_copied: OnCopied) -> None:
        with database_errors(ours=True), closing(self._file.connect()) as source:
            copy(source, path, on_copied)

    def close(self) -> None:
        self._file.close()
        self._checkpointer.close()
        self._writer.close()
        super().close()
        self._file.forget()

    def protect(self, connection: sa.Connection) -> None:
        for change in ("update", "delete"):
            connection.exec_driver_sql(KEPT.format(change))
        connection.exec_driver_sql(NOT_REPLACED)
        connection.exec_driver_sql(position_index.MAKE)
        position_index.extend(cursor_of(connection), connection.scalars(HEAD).one())

    def foreign(self, connection: sa.Connection) -> str | None:
        application = connection.exec_driver_sql("pragma application_id").scalar_one()
        return super().foreign(connection) or (f"its application_id is {application:#x}" if application else None)

    def _begin(self, connection: sa.Connection) -> None:
        """Begin for SQLAlchemy: with the write lock at once for a transaction that will write, as it could be refused
        later."""
        writing = connection.get_execution_options().get("writing", False)
        self._file.check(writing=writing)
        connection.exec_driver_sql("begin immediate" if writing else "begin")
