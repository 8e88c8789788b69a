"""The watermark: the position up to which the log is complete, so that a reader who stops there never skips an event.

Positions are drawn while an append holds a shared lock, and become visible when it commits, in any order. Where they
are contiguous the watermark advances at once. At a gap it notes the highest position that is visible and the
transactions that hold the lock just then: every position below was drawn by one of those, or by an append that has
ended. When those have ended, what is still missing below was rolled back, and the watermark passes the gap. No time-out
decides anything.

On a standby the primary's locks cannot be seen, so gaps are passed only as far as the primary has settled them. So a
process that has passed a gap saves the watermark in the database, and one that appends goes on looking while a gap is
open (wakeups.py): a standby learns of every gap within seconds of its end, whether or not anybody reads on the primary.
"""

import threading
import time
from contextlib import suppress

import orjson
import psycopg

from workledger.adapters.database import DatabaseClosed
from workledger.adapters.postgres.arrays import int8
from workledger.adapters.postgres.connection import Connection, ConnectionLost, StatementRefused
from workledger.adapters.postgres.pool import ConnectionPool

PAGE = 50_000
"""Positions that are looked at with one query."""

SAVE_EVERY = 10_000
"""Positions between the watermarks that are saved in the database, where later readers begin."""

SAVE_SECONDS = 1.0
"""Between the watermarks that are saved because a gap was passed."""

LOOK = b"""
select json_build_array(
    coalesce(max(position) filter (where position - nth = $1::bigint), $1::bigint), coalesce(max(position), 0),
    count(*), extract(epoch from pg_postmaster_start_time())::text, pg_is_in_recovery())
from (
    select position, row_number() over (order by position) as nth
    from (select position from events where position > $1::bigint order by position limit $2::bigint) as page
) as numbered
"""
HOLDERS = b"""
select coalesce(json_agg(pid || ':' || virtualtransaction), '[]') from pg_locks
where locktype = 'advisory' and classid = 1464615268 and objsubid = 2 and granted
    and objid = (hashtext(current_schema())::bigint & 4294967295)::oid
    and database = (select oid from pg_database where datname = current_database())
"""
SAVED = b"select coalesce((select value from workledger where key = 'settled'), '0')::bigint"
SAVE = b"""
insert into workledger values ('settled', $1::bigint::text) on conflict (key)
do update set value = excluded.value where workledger.value::bigint < excluded.value::bigint returning 1
"""


class Watermark:
    """The watermark of one log, shared by all readers of a process."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._one_reader = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self.position = 0
        self._saved = -1
        self._server: str | None = None
        self._gap: tuple[int, frozenset[str]] | None = None
        """A position seen beyond a gap, and the transactions that may still fill it."""
        self._passed = 0
        """The highest position below which a gap was passed."""
        self._saved_at = 0.0

    @property
    def sure(self) -> bool:
        """Whether it is that of the server which the last connection led to."""
        return self._pool.capabilities.server in ("", self._server)

    def settle(self) -> bool:
        """Look at the log; whether a gap is still open, or was passed and is still to be saved for standbys."""
        try:
            self.advance()
        except (ConnectionLost, StatementRefused, psycopg.Error, DatabaseClosed):
            return True
        return self._gap is not None or self._passed > self._saved

    def advance(self) -> int:
        """Advance as far as the log is complete by now; the last position that may be read."""
        with self._one_reader:
            if not self.sure:
                self._pool.close()
            try:
                return self._advance()
            except ConnectionLost:
                return self._advance()

    def _advance(self) -> int:
        with self._pool.connection() as connection:
            if self._saved < 0:
                self._saved = self.position = _int(connection.call(SAVED, ()))
            while True:
                page = (int8(self.position), int8(PAGE))
                complete, seen, count, server, standby = orjson.loads(connection.call(LOOK, page) or b"[]")
                if self._server not in (None, server):
                    # Another server, or this one after a crash, may not have the events that we saw.
                    self._forget()
                    self._saved = self.position = _int(connection.call(SAVED, ()))
                    self._server = server
                    continue
                self._server = server
                self.position = complete
                if complete < seen:
                    if standby:
                        self.position = max(complete, _int(connection.call(SAVED, ())))
                        if self.position > complete:
                            continue
                        break
                    if not self._passed_gap(connection, seen):
                        break
                elif count < PAGE:
                    break
            if not standby and self._is_save_due():
                if not self._pool.read_only:
                    with suppress(StatementRefused):  # a role that only reads may not save it
                        connection.call(SAVE, (int8(self.position),))
                self._saved, self._saved_at = self.position, time.monotonic()
            return self.position

    def _is_save_due(self) -> bool:
        passed_gap = self._passed > self._saved and time.monotonic() - self._saved_at >= SAVE_SECONDS
        return passed_gap or self.position >= self._saved + SAVE_EVERY

    def _passed_gap(self, connection: Connection, seen: int) -> bool:
        """Whether the appends that could fill the gaps below a position seen earlier, or now, have all ended.

        The order matters: the log was looked at before the holders are. An append that begins after the look draws
        positions above `seen`.
        """
        holders = frozenset(orjson.loads(connection.call(HOLDERS, ()) or b"[]"))
        beyond, waited_for = self._gap or (seen, holders)
        if waited_for & holders:
            self._gap = (beyond, waited_for & holders)
            return False
        self._gap = None
        self.position = self._passed = max(self.position, beyond)
        return True


def _int(value: bytes | None) -> int:
    return int.from_bytes(value or b"\0", "big", signed=True)
