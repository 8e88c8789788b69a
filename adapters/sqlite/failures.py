"""SQLite's errors as refusals: the database is busy, the disk is full, or the file cannot be used."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseFull
from workledger.domain.kernel.refusals import Refused, Unavailable


class OpenBeforeFork(Unavailable):
    """{path} was open when this process was forked, so what it writes would be lost; open it after forking only."""

    code = "DATABASE_FORKED"


_REFUSALS = {
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_CANTOPEN: DatabaseFailed,
    sqlite3.SQLITE_CORRUPT: DatabaseFailed,
    sqlite3.SQLITE_IOERR: DatabaseFailed,
    sqlite3.SQLITE_NOTADB: DatabaseFailed,
    sqlite3.SQLITE_READONLY: DatabaseFailed,
}


UNDECODABLE = "Could not decode"
"""How the driver's message begins about text that is not UTF-8; the text itself follows."""


def refusal(error: BaseException) -> Refused | None:
    """The refusal for an error of SQLite that is no fault of a program; None for any other error."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error) and str(cause).startswith(UNDECODABLE):
        return DatabaseFailed(reason="a text in it is damaged")
    refused = _REFUSALS.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    return refused(reason=str(cause)) if refused else None


def refuse(error: BaseException) -> None:
    """
    Raises:
        Refused: it is an error of SQLite that is no fault of a program.
    """
    if (refused := refusal(error)) is not None:
        raise refused from error


@contextmanager
def refusals() -> Iterator[None]:
    """Turns SQLite's errors in the block into refusals; others stay what they are."""
    try:
        yield
    except (sqlite3.Error, sa.exc.DBAPIError) as error:
        refuse(error)
        raise
