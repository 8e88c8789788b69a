"""The event store in PostgreSQL: an append is one call, and readers go as far as the log is complete."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import orjson
import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent

from workledger.adapters.database import DatabaseUnreachable, reason_of
from workledger.adapters.postgres.append import STATEMENT, Append
from workledger.adapters.postgres.arrays import bigints, int8, ints, texts
from workledger.adapters.postgres.lines import Failed, Lines, Lost
from workledger.adapters.postgres.watermark import Watermark
from workledger.adapters.recorder import DatabaseStore
from workledger.adapters.schema import EVENTS
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.refusals import ConcurrencyConflict, Unavailable
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions, Stored

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds in which we try to learn what became of an append whose answer was lost."""

WINDOW, WIDER = 10_000, 16
"""Positions that are first searched for a tag, and how much wider each next search is."""

SCAN = b"""select position, stream_id, version, topic, schema_version, at, tags::text, data from events
where position > $1::bigint and position <= $2::bigint order by position limit $3::bigint"""
OF_TOPICS = SCAN.replace(b" order by", b" and topic = any($4::text[]) order by")

CONFLICT, UNMET = "WL001", "WL002"

WAIT = b"select count(pg_advisory_xact_lock(1464615270, abs(bucket))) from unnest($1::int[]) as bucket"
END = b"""select count(*) filter (where not pg_terminate_backend(pid, 5000)) from pg_stat_activity
where application_name = any($1::text[]) and datname = current_database() and pid <> pg_backend_pid()"""
FOUND = b"""select array(select position from events
where stream_id = any($1::text[]) and event_id = any($2::text[]) order by position)"""


class OutcomeUnknown(Unavailable):
    """The database went away during an append and has not come back; repeat the command with the same id later."""

    code = "APPEND_OUTCOME_UNKNOWN"


class PostgresStore(DatabaseStore):
    """Conflicts, unmet claims and repeated commands come back as the port says; nothing is stored then."""

    def __init__(self, engine: sa.Engine, lines: Lines) -> None:
        super().__init__(engine)
        self._lines = lines
        self._watermark = Watermark(lines)

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, conditions: Conditions | None = None, **kwargs: Any
    ) -> Sequence[int]:
        append = Append([event for event in stored_events if isinstance(event, Stored)], conditions or Conditions())
        if not append.events and not append.conditions.command_id and not append.conditions.claims:
            return ()
        try:
            return self._appended(append, self._lines.call(STATEMENT, append.parameters()))
        except Failed as failed:
            raise self._refused(append, failed) from None
        except Lost as lost:
            return self._resolved(append, [lost.line])
        except psycopg.OperationalError as error:
            raise _unreachable(error) from None

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
            return self._certainly(last, lambda last: whole(upto=last))
        return self._certainly(last, lambda last: self._searched(after, limit, last, tag))

    def scan(self, after: int, limit: int, *, upto: int, topics: Sequence[str] = ()) -> Sequence[tuple[Any, ...]]:
        """Straight from the driver; payloads stay the bytes that they are."""
        query, given = (OF_TOPICS, [texts(topics)]) if topics else (SCAN, [])
        last = upto if upto <= self._watermark.position else min(upto, self.head())
        return self._certainly(
            last, lambda last: self._lines.rows(query, [int8(after), int8(last), int8(limit), *given])
        )

    def head(self) -> int:
        try:
            return self._watermark.advance()
        except (Lost, psycopg.OperationalError) as error:
            raise _unreachable(error) from None
        except Failed as failed:
            raise failed.error from None

    def done(self, command_id: str) -> Sequence[int] | None:
        known = super().done(command_id)
        if not known:
            return known
        between = EVENTS.c.position.between(known[0], known[-1])
        own = sa.select(EVENTS.c.position).where(between, EVENTS.c.command_id == command_id)
        with self.engine.connect() as connection:
            return connection.scalars(own.order_by(EVENTS.c.position)).all()

    def close(self) -> None:
        """Close the lines of the store."""
        self._lines.close()

    def _certainly(self, last: int, read: Callable[[int], Sequence[T]]) -> Sequence[T]:
        """What is read up to there, and once more when we were led to another server meanwhile: there may be less in
        its log, and appends under way at positions that the other one had settled."""
        for _ in range(3):
            rows = read(last)
            if self._watermark.sure:
                return rows
            last = min(last, self.head())
        raise DatabaseUnreachable(reason="its connections lead to different servers")

    def _searched(self, after: int, limit: int, last: int, tag: tuple[str, str]) -> Sequence[Row]:
        """Rows with the tag: first among a few positions, then among ever more."""
        found: list[Row] = []
        width = WINDOW
        while after < last and len(found) < limit:
            edge = min(after + width, last)
            found += super().read(after, limit - len(found), upto=edge, tag=tag)
            after, width = edge, width * WIDER
        return found

    def _appended(self, append: Append, answer: bytes | None) -> Sequence[int]:
        repeated, *positions = bigints(answer or b"")
        if repeated:
            raise AlreadyDone(positions)
        return positions

    def _refused(self, append: Append, failed: Failed) -> Exception:
        if failed.state == CONFLICT:
            nth, actual = orjson.loads(failed.detail)
            stream, expected = append.expected(nth)
            return ConcurrencyConflict(stream=stream, expected=expected, actual=actual)
        if failed.state == UNMET:
            nth, holder = orjson.loads(failed.detail)
            return ClaimUnmet(append.conditions.claims[nth - 1][1], holder)
        return failed.error

    def _resolved(self, append: Append, lost: list[str]) -> Sequence[int]:
        """What became of an append whose answer was lost: its positions, once it is certain that it is stored.

        Raises:
            OutcomeUnknown: the database did not come back in time.
        """
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            with suppress(psycopg.OperationalError):
                try:
                    return self._found(append, lost) or self._again(append)
                except Lost as again:
                    lost.append(again.line)
            time.sleep(0.1)
        raise OutcomeUnknown

    def _found(self, append: Append, lost: Sequence[str]) -> Sequence[int]:
        """Its positions when it is stored.

        When it is under way it holds locks, or stands in line for them: we stand behind it. Should the server not have
        begun with it, it never will: the lines that it may still lie in are ended.
        """
        with self._lines.line() as line:
            line.call(WAIT, (ints(append.locks()),))
            if int.from_bytes(line.call(END, (texts(lost),)) or b"", "big"):
                raise Lost("it does not end", lost[-1])
            ids = texts([event.event_id for event in append.events])
            return bigints(line.call(FOUND, (texts(append.streams), ids)) or b"")

    def _again(self, append: Append) -> Sequence[int]:
        try:
            return self._appended(append, self._lines.call(STATEMENT, append.parameters()))
        except Failed as failed:
            raise self._refused(append, failed) from None
        except AlreadyDone as done:
            if append.events or done.positions:
                raise
            return ()  # it was ours: that nothing changed is all there was to remember


def _unreachable(error: Exception) -> DatabaseUnreachable:
    return DatabaseUnreachable(reason=reason_of(error))
