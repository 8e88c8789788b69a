"""The watermark: up to where the log is complete, so that a reader who goes by it never skips an event.

Positions are drawn while an append holds a shared lock, and become visible when it commits, in any order. Where they
are contiguous the watermark moves on at once. At a hole it notes the highest position there is and who holds the lock
just then: every position below it was drawn by one of those, or by appends that are over. When those are gone, what is
still missing below will never be there, and the watermark passes. Nothing is decided by a time-out.

On a standby the primary's locks cannot be seen, so holes are passed only as far as the primary has settled them.
"""

import threading
from contextlib import suppress
from typing import Any

import orjson

from workledger.adapters.postgres.arrays import int8
from workledger.adapters.postgres.lines import Failed, Lines, Lost

PAGE = 50_000
"""Positions looked at in one go."""

KEPT_EVERY = 10_000
"""Positions between the watermarks that are kept in the database for readers to come."""

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
SETTLED = b"select coalesce((select value from workledger where key = 'settled'), '0')::bigint"
KEEP = b"""
insert into workledger values ('settled', $1::bigint::text) on conflict (key)
do update set value = excluded.value where workledger.value::bigint < excluded.value::bigint returning 1
"""


class Watermark:
    """The watermark of one log, shared by all readers of a process."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._turn = threading.Lock()
        self._forget()

    def _forget(self) -> None:
        self.position = 0
        self._kept = -1
        self._server: str | None = None
        self._beyond: tuple[int, frozenset[str]] | None = None
        """A position seen beyond a hole, and who may still fill what is missing below it."""

    @property
    def sure(self) -> bool:
        """Whether it is of the server that we were connected to last."""
        return self._lines.manners.server in ("", self._server)

    def advance(self) -> int:
        """Move as far as the log is complete by now; the last position that may be read."""
        with self._turn:
            if not self.sure:
                self._lines.close()
            try:
                return self._advance()
            except Lost:
                return self._advance()

    def _advance(self) -> int:
        with self._lines.line() as line:
            if self._kept < 0:
                self._kept = self.position = _int(line.call(SETTLED, ()))
            while True:
                page = (int8(self.position), int8(PAGE))
                complete, seen, count, server, standby = orjson.loads(line.call(LOOK, page) or b"[]")
                if self._server not in (None, server):
                    self._forget()  # another server, or this one after a crash, may not have what we saw
                    self._kept = self.position = _int(line.call(SETTLED, ()))
                    self._server = server
                    continue
                self._server = server
                self.position = complete
                if complete < seen:
                    if standby:
                        self.position = max(complete, _int(line.call(SETTLED, ())))
                        break
                    if not self._passed(line, seen):
                        break
                elif count < PAGE:
                    break
            if self.position >= self._kept + KEPT_EVERY and not standby:
                with suppress(Failed):  # who only reads may not be allowed to
                    line.call(KEEP, (int8(self.position),))
                self._kept = self.position
            return self.position

    def _passed(self, line: Any, seen: int) -> bool:
        """Whether all that could fill the holes below a position seen earlier, or now, is over."""
        holders = frozenset(orjson.loads(line.call(HOLDERS, ()) or b"[]"))
        beyond, waited_for = self._beyond or (seen, holders)
        if waited_for & holders:
            self._beyond = (beyond, waited_for & holders)
            return False
        self._beyond = None
        self.position = max(self.position, beyond)
        return True


def _int(value: bytes | None) -> int:
    return int.from_bytes(value or b"\0", "big", signed=True)
