"""The outcome of an append whose connection broke before the result came: it is stored, or it is made again."""

import time
from collections.abc import Sequence
from contextlib import suppress

import psycopg

from workledger.adapters.postgres.append import STATEMENT, Append, positions, refusal
from workledger.adapters.postgres.arrays import bigints, ints, texts
from workledger.adapters.postgres.connection import ConnectionLost, StatementRefused
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.domain.kernel.refusals import Unavailable
from workledger.domain.kernel.store import AlreadyDone

PATIENCE = 30.0
"""Seconds in which the outcome is looked for."""

WAIT = b"select count(pg_advisory_xact_lock(1464615270, abs(bucket))) from unnest($1::int[]) as bucket"
END = b"""select count(*) filter (where not pg_terminate_backend(pid, 5000)) from pg_stat_activity
where application_name = any($1::text[]) and datname = current_database() and pid <> pg_backend_pid()"""
STORED = b"""select array(select position from events
where stream_id = any($1::text[]) and event_id = any($2::text[]) order by position)"""


class OutcomeUnknown(Unavailable):
    """The database went away during an append and has not come back; repeat the command with the same id later."""

    code = "APPEND_OUTCOME_UNKNOWN"


def resolve(pool: ConnectionPool, append: Append, name: str) -> Sequence[int]:
    """The positions of an append, which is made again when it was not stored.

    Args:
        name: of the connection that broke.

    Raises:
        OutcomeUnknown: the database did not come back in time.
    """
    lost, give_up = [name], time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        with suppress(psycopg.OperationalError):
            try:
                return _stored(pool, append, lost) or _repeat(pool, append)
            except ConnectionLost as again:
                lost.append(again.name)
        time.sleep(0.1)
    raise OutcomeUnknown


def _stored(pool: ConnectionPool, append: Append, lost: Sequence[str]) -> Sequence[int]:
    """Its positions when it is stored.

    One that is still under way holds its locks or waits for them, so taking the same locks waits for its end. One
    that the server has not begun with may still lie on the way to it: ending the lost connections drops it.
    """
    with pool.connection() as connection:
        connection.call(WAIT, (ints(append.locks()),))
        if int.from_bytes(connection.call(END, (texts(lost),)) or b"", "big"):
            raise ConnectionLost("the server does not end it", lost[-1])
        ids = texts([event.event_id for event in append.events])
        return bigints(connection.call(STORED, (texts(append.streams), ids)) or b"")


def _repeat(pool: ConnectionPool, append: Append) -> Sequence[int]:
    try:
        return positions(pool.call(STATEMENT, append.parameters()))
    except StatementRefused as refused:
        raise refusal(append, refused) from None
    except AlreadyDone as done:
        if append.events or done.positions:
            raise
        return ()  # the lost append was this one: a command that changes nothing leaves only its id
