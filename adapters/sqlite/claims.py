"""Claims in SQLite, settled one after the other in the transaction of an append."""

import sqlite3

from workledger.domain.kernel.claims import UNLIMITED, Claim, Limit, Release, Require, Take, Vacancy
from workledger.domain.kernel.store import ClaimUnmet

FREE = "delete from claims where key = ? and holder = ?"
HELD = "select 1 from claims where key = ? limit 1"
HOLDERS = "select holder from claims where key = ? order by holder"
LIMIT = "insert into claim_limits values (?, ?) on conflict (key) do update set capacity = excluded.capacity"
UNLIMIT = "delete from claim_limits where key = ?"
LIMITS = "select capacity from claim_limits where key = ?"
TAKE = "insert into claims values (?, ?) on conflict do nothing"


def settle(cursor: sqlite3.Cursor, stream: str, claim: Claim) -> None:
    """Take, free or check one claim for a stream.

    Raises:
        ClaimUnmet: it cannot be met.
    """
    match claim:
        case Require():
            if cursor.execute(HELD, (claim.key,)).fetchone() is None:
                raise ClaimUnmet(claim, None)
        case Release():
            cursor.execute(FREE, (claim.key, stream))
        case Limit(capacity=None):
            cursor.execute(UNLIMIT, (claim.key,))
        case Limit():
            cursor.execute(LIMIT, (claim.key, claim.capacity))
        case Take(capacity=capacity) if capacity == UNLIMITED:
            cursor.execute(TAKE, (claim.key, stream))
        case Take() | Vacancy():
            holders = [holder for (holder,) in cursor.execute(HOLDERS, (claim.key,))]
            if isinstance(claim, Take) and stream in holders:
                return
            if len(holders) >= (claim.capacity or _capacity(cursor, claim.key)):
                raise ClaimUnmet(claim, holders[0])
            if isinstance(claim, Take):
                cursor.execute(TAKE, (claim.key, stream))


def _capacity(cursor: sqlite3.Cursor, key: str) -> int:
    limit = cursor.execute(LIMITS, (key,)).fetchone()
    return int(limit[0]) if limit else 1
