"""The ledger's database in SQLite: WAL, one writer at a time, reads that never wait."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import sqlalchemy as sa

from workledger.adapters.append import Writing
from workledger.adapters.factory import DatabaseFactory
from workledger.adapters.schema import COLUMNS
from workledger.adapters.sqlite.bulk import SQLiteBulk

BUSY_SECONDS = 30.0
"""How long a writer waits for another process to finish its transaction."""

KEPT = """
create trigger if not exists events_are_kept_{0} before {0} on events
when not exists (select 1 from workledger where key = 'erasing')
begin select raise(abort, 'events are never changed or deleted'); end
"""

_memories = count(1)


class SQLiteFactory(DatabaseFactory):
    """`sqlite:///work.db`, `sqlite:////abs/path.db`, or `memory:`, which no other process sees."""

    bulk = SQLiteBulk()

    def connect(self, url: str) -> sa.Engine:
        self._lock = threading.Lock()
        memory = url.startswith("memory:")
        path = f"file:/workledger-{next(_memories)}?vfs=memdb" if memory else url.removeprefix("sqlite:///")

        def connection() -> sqlite3.Connection:
            fresh = not memory and _empty(path)
            made = sqlite3.connect(
                path, uri=memory, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            if not memory:
                made.execute("pragma synchronous = full")
            if fresh:
                made.execute("pragma journal_mode = wal")
            return made

        engine = sa.create_engine(
            "sqlite://", creator=connection, poolclass=sa.QueuePool, pool_size=16, max_overflow=48
        )
        sa.event.listen(engine, "begin", _begin)
        self._keeps = connection() if memory else None
        return engine

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with self._lock, self.engine.connect() as connection:
            writing = SQLiteWriting(connection.connection.dbapi_connection)
            writing.run("begin immediate")
            try:
                yield writing
            except BaseException:
                writing.run("rollback")
                raise
            writing.run("commit")

    def exclusively(self, connection: sa.Connection) -> None:
        """The transaction began as immediate: no other writer is in."""

    def close(self) -> None:
        super().close()
        if self._keeps:
            self._keeps.close()

    def protect(self, connection: sa.Connection) -> None:
        for change in ("update", "delete"):
            connection.exec_driver_sql(KEPT.format(change))


class SQLiteWriting(Writing):
    def __init__(self, connection: Any) -> None:
        self._cursor: sqlite3.Cursor = connection.cursor()

    def run(self, statement: str, *parameters: object) -> list[Any]:
        return self._cursor.execute(statement, parameters).fetchall()

    def draw(self, count: int) -> range:
        last = self.run("select seq from sqlite_sequence where name = 'events'")
        first = last[0][0] + 1 if last else 1
        return range(first, first + count)

    def insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(COLUMNS))
        self._cursor.executemany(f"insert into events values ({marks})", rows)  # noqa: S608


def _empty(path: str) -> bool:
    """Whether there is no database yet: a new one keeps a write-ahead log from then on; another's stays as it is."""
    return not os.path.exists(path) or os.path.getsize(path) == 0


def _begin(connection: sa.Connection) -> None:
    """Begin for SQLAlchemy: with the write lock at once when it will write, so that it never gives up half-way."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("begin immediate" if writing else "begin")
