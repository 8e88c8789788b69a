"""The event store on a database: reads are the same on each, appends are each database's own."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from eventsourcing.persistence import Notification, NotSupportedError, Subscription

from workledger.adapters.failures import database_errors
from workledger.adapters.schema import CLAIMS, COMMANDS, EVENTS, META, SNAPSHOTS
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import LAST_VERSION, EventStore, Stored, StreamRow
from workledger.projections.engine.statement import Statement

_ROW = [sa.cast(column, sa.Text) if column.name in ("tags", "data") else column for column in EVENTS.columns]

_DATA = _ROW[-1]

_SNAPSHOT = (
    sa.select(SNAPSHOTS.c.version, SNAPSHOTS.c.state)
    .where(SNAPSHOTS.c.stream_id == sa.bindparam("stream"), SNAPSHOTS.c.version > sa.bindparam("after"))
    .where(SNAPSHOTS.c.version <= sa.bindparam("upto"))
    .order_by(SNAPSHOTS.c.version.desc())
    .limit(1)
)
_EVENTS = (
    sa.select(EVENTS.c.version, EVENTS.c.position, EVENTS.c.topic, EVENTS.c.schema_version, _DATA)
    .where(EVENTS.c.stream_id == sa.bindparam("stream"), EVENTS.c.version > sa.bindparam("after"))
    .where(EVENTS.c.version <= sa.bindparam("upto"))
    .order_by(EVENTS.c.version)
)

HEAD = Statement(sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.position), 0).label("head")))
VERSION_AT = Statement(
    sa.select(sa.func.coalesce(sa.func.max(EVENTS.c.version), 0).label("version")).where(
        EVENTS.c.stream_id == sa.bindparam("stream"), EVENTS.c.at <= sa.bindparam("at")
    )
)
HOLDERS = Statement(sa.select(CLAIMS.c.holder).where(CLAIMS.c.key == sa.bindparam("key")).order_by(CLAIMS.c.holder))
COMMAND = Statement(
    sa.select(COMMANDS.c.first_position, COMMANDS.c.last_position, COMMANDS.c.digest).where(
        COMMANDS.c.command_id == sa.bindparam("id")
    )
)

PAGE = 500
"""Streams that one statement asks for."""


FORGOTTEN_PAGE = 20_000
"""Command ids that are forgotten in one transaction."""


def batched(values: Iterable[str], size: int) -> Iterator[list[str]]:
    """The values in lists of at most that size (itertools has it from Python 3.12 on)."""
    rest = iter(values)
    return iter(lambda: list(islice(rest, size)), [])


class DatabaseStore(EventStore):
    """The tables of schema.py behind eventsourcing's recorder interface. Each database has its own way to append and
    scan."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Close what the store has open beside its engine."""

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[Stored]:
        chosen = sa.select(*_ROW).where(EVENTS.c.stream_id == originator_id, EVENTS.c.version > (gt or 0))
        if lte is not None:
            chosen = chosen.where(EVENTS.c.version <= lte)
        order = EVENTS.c.version.desc() if desc else EVENTS.c.version
        return [_stored(row) for row in self._rows(chosen.order_by(order).limit(limit))]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        after = (start or 1) - 1 if inclusive_of_start or start is None else start
        return [
            Notification(row.stream_id, row.version, row.topic, row.data.encode(), id=row.position)
            for row in self.read(after, limit, upto=stop, topics=topics)
        ]

    def max_notification_id(self) -> int | None:
        return self.head() or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[EventStore]:
        """Not offered: readers pull with `read`, which is the same on every database."""
        raise NotSupportedError

    def read(
        self,
        after: int,
        limit: int,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        chosen = sa.select(*_ROW).where(EVENTS.c.position > after)
        if upto is not None:
            chosen = chosen.where(EVENTS.c.position <= upto)
        if topics:
            chosen = chosen.where(EVENTS.c.topic.in_(topics))
        if tag is not None:
            chosen = chosen.where(self._tagged(*tag))
        return self._rows(chosen.order_by(EVENTS.c.position).limit(limit))

    def read_stream(self, stream_id: str, *, after: int = 0, limit: int | None = None) -> Sequence[Row]:
        chosen = sa.select(*_ROW).where(EVENTS.c.stream_id == stream_id, EVENTS.c.version > after)
        return self._rows(chosen.order_by(EVENTS.c.version).limit(limit))

    def load(
        self, stream_id: str, *, after: int = 0, upto: int = LAST_VERSION, snapshots: bool = True
    ) -> Sequence[StreamRow]:
        given = {"stream": stream_id, "after": after, "upto": upto}
        snapshot = self._execute(_SNAPSHOT.params(given)) if snapshots else []
        if snapshot:
            given["after"] = snapshot[0][0]
        rows = [(version, 0, None, 0, bytes(state)) for version, state in snapshot]
        return list(map(StreamRow._make, [*rows, *self._execute(_EVENTS.params(given))]))

    def by_position(self, positions: Iterable[int]) -> Sequence[Row]:
        return self._rows(sa.select(*_ROW).where(self._among(list(positions))).order_by(EVENTS.c.position))

    def payloads(self, positions: Iterable[int]) -> Sequence[tuple[int, str, int, Any]]:
        chosen = sa.select(EVENTS.c.position, EVENTS.c.topic, EVENTS.c.schema_version, _DATA)
        return self._execute(chosen.where(self._among(list(positions))))

    def head(self) -> int:
        [(head,)] = self._query(HEAD)
        return int(head)

    def existing(self, streams: Iterable[str]) -> set[str]:
        existing: set[str] = set()
        for page in batched(dict.fromkeys(streams), PAGE):
            begun = sa.select(EVENTS.c.stream_id).distinct().where(EVENTS.c.stream_id.in_(page))
            existing.update(stream for (stream,) in self._execute(begun))
        return existing

    def version_at(self, stream_id: str, at: str) -> int:
        [(version,)] = self._query(VERSION_AT, stream=stream_id, at=at)
        return int(version)

    def holders(self, key: str) -> Sequence[str]:
        return [holder for (holder,) in self._query(HOLDERS, key=key)]

    def held(self, keys: Iterable[str]) -> dict[str, str]:
        held: dict[str, str] = {}
        for page in batched(dict.fromkeys(keys), PAGE):
            held.update(self._execute(sa.select(CLAIMS.c.key, CLAIMS.c.holder).where(CLAIMS.c.key.in_(page))))
        return held

    def done(self, command_id: str) -> Sequence[int] | None:
        for first, last, _ in self._query(COMMAND, id=command_id):
            positions = range(first, last + 1)
            if not positions or self.engine.dialect.name == "sqlite":
                return positions
            # On PostgreSQL the positions of others may lie between those of one append.
            between = EVENTS.c.position.between(first, last)
            own = sa.select(EVENTS.c.position).where(between, EVENTS.c.command_id == command_id)
            # The first and the last are its own, also when they have been erased since.
            return sorted({first, last, *(position for (position,) in self._execute(own))})
        return None

    def digest_of(self, command_id: str) -> str | None:
        for _, _, digest in self._query(COMMAND, id=command_id):
            return None if digest is None else str(digest)
        return None

    def measure(self, stream_id: str, topic: str) -> tuple[int, int, int]:
        size = sa.func.coalesce(sa.func.sum(self._bytes()), 0)
        last = sa.func.coalesce(sa.func.max(EVENTS.c.version), 0)
        chosen = sa.select(last, sa.func.count(), size)
        [row] = self._execute(chosen.where(EVENTS.c.stream_id == stream_id, EVENTS.c.topic == topic))
        return int(row[0]), int(row[1]), int(row[2])

    def erase(self, stream_id: str, topic: str, upto_version: int) -> None:
        doomed = (EVENTS.c.stream_id == stream_id, EVENTS.c.topic == topic, EVENTS.c.version <= upto_version)
        with database_errors(ours=True), self.engine.execution_options(writing=True).begin() as connection:
            connection.execute(META.insert().values(key="erasing", value=stream_id))
            connection.execute(EVENTS.delete().where(*doomed))
            connection.execute(META.delete().where(META.c.key == "erasing"))

    def count_commands(self, upto: int) -> int:
        return int(self._scalar(sa.select(sa.func.count()).select_from(COMMANDS).where(_of_appends(upto))))

    def forget_commands(self, upto: int) -> None:
        """A few at a time, so that no append waits for long."""
        page = sa.select(COMMANDS.c.command_id).where(_of_appends(upto)).limit(FORGOTTEN_PAGE)
        deleted = FORGOTTEN_PAGE
        while deleted == FORGOTTEN_PAGE:
            with database_errors(ours=True), self.engine.execution_options(writing=True).begin() as connection:
                deleted = connection.execute(COMMANDS.delete().where(COMMANDS.c.command_id.in_(page))).rowcount

    def _tagged(self, name: str, id: str) -> sa.ColumnElement[bool]:
        if self.engine.dialect.name == "sqlite":
            return sa.func.json_extract(EVENTS.c.tags, f"$.{name}") == id
        from sqlalchemy.dialects.postgresql import JSONB  # SQLite does without that dialect

        return sa.type_coerce(EVENTS.c.tags, JSONB).contains({name: id})

    def _among(self, positions: list[int]) -> sa.ColumnElement[bool]:
        """One parameter for all of them, so that the statement is the same for any number."""
        if self.engine.dialect.name == "sqlite":
            given = sa.func.json_each(orjson.dumps(positions).decode()).table_valued("value")
            return EVENTS.c.position.in_(sa.select(given.c.value))
        return EVENTS.c.position == sa.any_(sa.cast(positions, sa.ARRAY(sa.BigInteger)))

    def _bytes(self) -> sa.ColumnElement[int]:
        """The size of an event's payload."""
        if self.engine.dialect.name == "sqlite":
            return sa.func.length(sa.cast(EVENTS.c.data, sa.LargeBinary))
        return sa.func.octet_length(sa.cast(EVENTS.c.data, sa.Text))

    def _rows(self, chosen: sa.Select[Any]) -> list[Row]:
        return list(map(Row._make, self._execute(chosen)))

    def _query(self, statement: Statement[Any], **parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement, straight from the driver where that can be."""
        return self._execute(statement.query.params(parameters))

    def _scalar(self, chosen: sa.Select[Any]) -> Any:
        [[value]] = self._execute(chosen)
        return value

    def _execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        """Rows straight from the driver: a log is read by the ten thousand. When the connection is lost they are read
        again on another one."""
        with database_errors(ours=True):
            try:
                return self._fetched(statement)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return self._fetched(statement)

    def _fetched(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return list(connection.execute(statement).cursor.fetchall())


def _of_appends(upto: int) -> sa.ColumnElement[bool]:
    """Command ids of appends up to a position. One that stored no event has the position of the next one."""
    return COMMANDS.c.first_position <= upto


def _stored(row: Row) -> Stored:
    return Stored(
        originator_id=row.stream_id,
        originator_version=row.version,
        topic=row.topic,
        state=row.data.encode(),
        schema_version=row.schema_version,
        at=row.at,
        actor=row.actor,
        event_id=row.event_id,
        correlation_id=row.correlation_id,
        causation_id=row.causation_id,
        command_id=row.command_id,
        tags=row.tags,
        position=row.position,
    )
