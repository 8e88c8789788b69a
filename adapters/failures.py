"""The errors of SQLAlchemy and of drivers as refusals that every caller understands."""

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseFull, DatabaseUnreachable, reason_of
from workledger.domain.kernel.refusals import Refused, Unavailable
from workledger.projections.engine.table import Table

MISSING = re.compile(r'no such table: (\w+)|relation "(\w+)" does not exist')
AWAY = ("08", "57P", "53300", "55000")
"""How SQLSTATEs begin of connections that failed or were ended, and of servers that accept none."""
BUSY = ("40", "55P03", "57014")
"""Of transactions that others were in the way of, or that a time-out ended."""
FULL = ("53100",)
UNUSABLE = ("25006", "2200H", "42501", "XX")
"""The server takes no writes, positions are used up, the role lacks a right, or the data is damaged."""

UNDECODABLE = "Could not decode"
"""How the message of SQLite's driver begins about text that is not UTF-8; the text itself follows."""

OF_SQLITE: Mapping[int, type[Unavailable]] = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_CANTOPEN: DatabaseFailed,
    sqlite3.SQLITE_CORRUPT: DatabaseFailed,
    sqlite3.SQLITE_IOERR: DatabaseFailed,
    sqlite3.SQLITE_NOTADB: DatabaseFailed,
    sqlite3.SQLITE_READONLY: DatabaseFailed,
}
"""By SQLite's primary result codes."""


class ReadTableMissing(Unavailable):
    """There is no table {table}; `workledger rebuild` makes it anew from the log."""

    code = "READ_TABLE_MISSING"


@contextmanager
def database_errors(*, ours: bool = False) -> Iterator[None]:
    """Turns errors of the database in the block into refusals; others stay what they are.

    Args:
        ours: the statements are the event store's own, so that no error of a driver is a mistake of the caller's.
    """
    try:
        yield
    except Exception as error:
        refused = refusal_of(error)
        if refused is None and ours and _is_drivers(_cause(error)):
            refused = DatabaseFailed(reason=_without_content(_cause(error)))
        if refused is None:
            raise
        raise refused from error


def refusal_of(error: BaseException) -> Refused | None:
    """The refusal for an error of SQLAlchemy or a driver; None when it is not the database's fault."""
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseBusy()
    cause = _cause(error)
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    if not _is_drivers(cause):
        return None
    reason = reason_of(cause).rstrip(".")
    if (missing := MISSING.search(reason)) and (missing[1] or missing[2]) in Table.METADATA.tables:
        return ReadTableMissing(table=missing[1] or missing[2])
    if isinstance(cause, sqlite3.Error):
        return _of_sqlite(cause)
    state = getattr(cause, "sqlstate", None) or ""
    if state.startswith(BUSY):
        return DatabaseBusy()
    if state.startswith(FULL):
        return DatabaseFull()
    if state.startswith(UNUSABLE):
        return DatabaseFailed(reason=reason)
    if not (lost or "OperationalError" in {kind.__name__ for kind in type(cause).__mro__}):
        return None
    if lost or not state or state.startswith(AWAY):
        return DatabaseUnreachable(reason=reason)
    return DatabaseFailed(reason=reason)


def _of_sqlite(error: sqlite3.Error) -> Refused | None:
    if str(error).startswith(UNDECODABLE):
        return DatabaseFailed(reason="a text in it is damaged")
    refused = OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return refused(reason=str(error)) if refused else None


def _cause(error: BaseException) -> BaseException:
    """The driver's own error in SQLAlchemy's."""
    return error.orig or error if isinstance(error, sa.exc.DBAPIError) else error


def _is_drivers(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in ("psycopg", "sqlite3")


def _without_content(error: BaseException) -> str:
    """What kind of error it is: its message may show a part of what is stored."""
    return " ".join(filter(None, (type(error).__name__, getattr(error, "sqlstate", None))))
