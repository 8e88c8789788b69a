"""The event store in SQLite: one connection appends, and readers never wait for it."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

from workledger.adapters.failures import database_errors
from workledger.adapters.recorder import DatabaseStore
from workledger.adapters.schema import EVENTS
from workledger.adapters.sqlite import position_index
from workledger.adapters.sqlite.append import append
from workledger.adapters.sqlite.bulk import DIALECT
from workledger.adapters.sqlite.fetch import fetch
from workledger.adapters.sqlite.file import LEAVE_FREE_PAGES
from workledger.adapters.sqlite.group_commit import GroupCommit
from workledger.adapters.sqlite.writer import Writer
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import LAST_VERSION, Conditions, Scanned, Stored, StreamRow
from workledger.projections.engine.statement import Statement

NONE = Conditions()

SCAN = f"""
select {", ".join(Scanned._fields)} from events where position > ? and position <= ?{{}} order by position limit ?
"""  # noqa: S608
OF_TOPICS = " and topic in (select value from json_each(?))"

LOAD = """
with base as (
  select version, state from snapshots
  where stream_id = ?1 and version > ?2 and version <= ?3 and ?4 order by version desc limit 1
)
select version, 0, null, 0, state from base
union all
select version, position, topic, schema_version, data from events
where stream_id = ?1 and version > coalesce((select version from base), ?2) and version <= ?3
order by version
"""

OVERWRITE = "pragma secure_delete = on"
ERASING = "insert into workledger values ('erasing', ?)"
ERASE = "delete from events where stream_id = ? and topic = ? and version <= ?"
ERASED = "delete from workledger where key = 'erasing'"


def cursor_of(connection: sa.Connection) -> sqlite3.Cursor:
    """The driver's own cursor, on a connection of the engine."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver.cursor()


class SQLiteStore(DatabaseStore):
    """Appends through `writer`, reads through the engine.

    When the database cannot be used, that is a `Refused`: DATABASE_BUSY, DATABASE_FULL or DATABASE_FAILED.
    """

    def __init__(self, engine: sa.Engine, writer: Writer) -> None:
        super().__init__(engine)
        self._writer, self._commits = writer, GroupCommit(writer)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, conditions: Conditions | None = None, **kwargs: Any
    ) -> Sequence[int]:
        events = [event for event in stored_events if isinstance(event, Stored)]
        with database_errors(ours=True):
            return self._commits.run(lambda cursor: append(cursor, events, conditions or NONE))

    def read(
        self,
        after: int,
        limit: int,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        if not topics and tag is None:
            return super().read(after, limit, upto=upto)
        with database_errors(ours=True), self.engine.connect() as connection:
            cursor = cursor_of(connection)
            covered = position_index.covered(cursor)
            last = covered if upto is None else min(covered, upto)
            rows = list(map(Row._make, position_index.rows(cursor, after, limit, last, topics, tag)))
        if len(rows) < limit:
            rows += super().read(max(after, covered), limit - len(rows), upto=upto, topics=topics, tag=tag)
        return rows

    def scan(self, after: int, limit: int, *, upto: int, topics: Sequence[str] = ()) -> Sequence[tuple[Any, ...]]:
        """Straight from the driver."""
        wanted, given = (OF_TOPICS, [orjson.dumps(topics).decode()]) if topics else ("", [])
        return self._fetch(SCAN.format(wanted), [after, upto, *given, limit])

    def load(
        self, stream_id: str, *, after: int = 0, upto: int = LAST_VERSION, snapshots: bool = True
    ) -> Sequence[StreamRow]:
        """Straight from the driver."""
        return list(map(StreamRow._make, self._fetch(LOAD, (stream_id, after, upto, snapshots))))

    def erase(self, stream_id: str, topic: str, upto_version: int) -> None:
        with database_errors(ours=True), self._writer.transaction() as cursor:
            cursor.execute(OVERWRITE)
            cursor.execute(ERASING, (stream_id,))
            cursor.execute(ERASE, (stream_id, topic, upto_version))
            cursor.execute(ERASED)
            cursor.execute(LEAVE_FREE_PAGES)

    def _tagged(self, name: str, id: str) -> sa.ColumnElement[bool]:
        if '"' in name:
            return sa.false()  # it would end the path, and no tag is called that
        tags = EVENTS.c.tags
        return sa.case((sa.func.json_valid(tags), sa.func.json_extract(tags, f'$."{name}"'))) == id

    def _query(self, statement: Statement[Any], **parameters: Any) -> list[tuple[Any, ...]]:
        plan = statement.plan(DIALECT)
        return self._fetch(plan.sql, plan.arguments(parameters))

    def _fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        with database_errors(ours=True):
            return fetch(self.engine, sql, arguments)
