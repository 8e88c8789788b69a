"""The event store in PostgreSQL: an append is one call, and readers go as far as the log is complete."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

from workledger.adapters.database import DatabaseBusy, DatabaseUnreachable, reason_of
from workledger.adapters.failures import database_errors
from workledger.adapters.postgres.append import STATEMENT, Append, positions, refusal
from workledger.adapters.postgres.arrays import int4, int8, literal, texts
from workledger.adapters.postgres.bulk import DIALECT
from workledger.adapters.postgres.connection import ConnectionLost, StatementRefused
from workledger.adapters.postgres.open_transaction import refuse_while_open
from workledger.adapters.postgres.outcome import resolve
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.adapters.postgres.watermark import Watermark
from workledger.adapters.recorder import DatabaseStore
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import LAST_VERSION, Conditions, Stored, StreamRow
from workledger.projections.engine.statement import Statement

T = TypeVar("T")

DEADLOCK = "40P01"
PATIENCE = 30.0
"""Seconds in which an append that a deadlock ended is repeated."""

WINDOW, WIDER = 10_000, 16
"""Positions that are searched first for a tag, and the factor by which each further search is wider."""

SCAN = b"""select position, stream_id, version, topic, schema_version, at, tags::text, data from events
where position > $1::bigint and position <= $2::bigint order by position limit $3::bigint"""
LOAD = b"""with base as (
  select version, state from snapshots
  where stream_id = $1::text and version > $2::int and version <= $3::int and $4::bool order by version desc limit 1
)
select version, 0::bigint as position, null::text, 0, convert_from(state, 'UTF8')::json from base
union all
select version, position, topic, schema_version, data from events
where stream_id = $1::text and version > coalesce((select version from base), $2::int) and version <= $3::int
order by version"""
OF_TOPICS = SCAN.replace(b" order by", b" and topic = any($4::text[]) order by")


class PostgresStore(DatabaseStore):
    """Conflicts, unmet claims and repeated commands are raised as the port says; nothing is stored then."""

    def __init__(self, engine: sa.Engine, pool: ConnectionPool, watermark: Watermark) -> None:
        super().__init__(engine)
        self._pool, self._watermark = pool, watermark

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, conditions: Conditions | None = None, **kwargs: Any
    ) -> Sequence[int]:
        append = Append([event for event in stored_events if isinstance(event, Stored)], conditions or Conditions())
        if append.empty:
            return ()
        self._pool.check(writing=True)
        refuse_while_open()
        with database_errors(ours=True):
            try:
                return positions(self._call(append))
            except StatementRefused as refused:
                raise refusal(append, refused) from None
            except ConnectionLost as lost:
                return resolve(self._pool, append, lost.name)

    def read(
        self,
        after: int,
        limit: int,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        known = self._watermark.position
        wanted = after + limit if upto is None else min(after + limit, upto)
        complete = known if wanted <= known and not (topics or tag) else self.head()
        last = complete if upto is None else min(upto, complete)
        if tag is None or topics:
            whole = partial(super().read, after, limit, topics=topics, tag=tag)
            return self._on_one_server(last, lambda last: whole(upto=last))
        return self._on_one_server(last, lambda last: self._search(after, limit, last, tag))

    def scan(self, after: int, limit: int, *, upto: int, topics: Sequence[str] = ()) -> Sequence[tuple[Any, ...]]:
        """Straight from the driver; payloads stay the bytes that they are."""
        query, given = (OF_TOPICS, [texts(topics)]) if topics else (SCAN, [])
        last = upto if upto <= self._watermark.position else min(upto, self.head())
        with database_errors(ours=True):
            try:
                return self._on_one_server(
                    last, lambda last: self._pool.rows(query, [int8(after), int8(last), int8(limit), *given])
                )
            except ConnectionLost as error:
                raise DatabaseUnreachable(reason=reason_of(error)) from None

    def load(
        self, stream_id: str, *, after: int = 0, upto: int = LAST_VERSION, snapshots: bool = True
    ) -> Sequence[StreamRow]:
        """Straight from the driver, in one round trip."""
        given = [stream_id.encode(), int4(after), int4(upto), b"\1" if snapshots else b"\0"]
        with database_errors(ours=True):
            return list(map(StreamRow._make, self._pool.rows(LOAD, given)))

    def epoch(self) -> str | None:
        """The server, unless a pooler stands before it: that may lead to another one unnoticed."""
        return self._pool.capabilities.server if self._pool.capabilities.prepare else None

    def head(self) -> int:
        with database_errors(ours=True):
            try:
                return self._watermark.advance()
            except ConnectionLost as error:
                raise DatabaseUnreachable(reason=reason_of(error)) from None
            except StatementRefused as refused:
                raise refused.error from None

    def close(self) -> None:
        """Close the connections of the store."""
        self._pool.close()

    def _query(self, statement: Statement[Any], **parameters: Any) -> list[tuple[Any, ...]]:
        plan = statement.plan(DIALECT)
        with database_errors(ours=True):
            return self._pool.rows(plan.sql.encode(), list(map(literal, plan.arguments(parameters))), text=True)

    def _call(self, append: Append) -> bytes | None:
        """Appends cannot deadlock with each other, but with transactions of apps that hold locks of several."""
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return self._pool.call(STATEMENT, append.parameters())
            except StatementRefused as refused:
                if refused.state != DEADLOCK:
                    raise
                if time.monotonic() > give_up:
                    raise DatabaseBusy from None

    def _on_one_server(self, last: int, read: Callable[[int], Sequence[T]]) -> Sequence[T]:
        """The rows up to `last`, read again when a failover came in between: the new server's log may be shorter, and
        appends may be under way there at positions that the old one had settled."""
        for _ in range(3):
            rows = read(last)
            if self._watermark.sure:
                return rows
            last = min(last, self.head())
        raise DatabaseUnreachable(reason="its connections lead to different servers")

    def _search(self, after: int, limit: int, last: int, tag: tuple[str, str]) -> Sequence[Row]:
        """Rows with the tag, looked for in windows of the log that grow: the index of tags gives no order, and each
        window is small enough to be sorted."""
        rows: list[Row] = []
        width = WINDOW
        while after < last and len(rows) < limit:
            edge = min(after + width, last)
            rows += super().read(after, limit - len(rows), upto=edge, tag=tag)
            after, width = edge, width * WIDER
        return rows
