"""Errors of a database where read tables are read, as refusals: it is away, unusable, or lacks a table."""

import re
import sqlite3

import sqlalchemy as sa

from workledger.adapters.database import DatabaseBusy, DatabaseFailed, DatabaseUnreachable, reason_of
from workledger.adapters.sqlite.failures import refusal
from workledger.domain.kernel.refusals import Refused, Unavailable
from workledger.projections.engine.table import Table

MISSING = re.compile(r'no such table: (\w+)|relation "(\w+)" does not exist')
AWAY = ("08", "57P", "53300", "55000")
"""How SQLSTATEs begin of connections that failed or were ended, and of servers that accept none."""


class ReadTableMissing(Unavailable):
    """There is no table {table}; `workledger rebuild` makes it anew from the log."""

    code = "READ_TABLE_MISSING"


def refusal_of(error: Exception) -> Refused | None:
    """The refusal for an error of SQLAlchemy or a driver; None when it is not the database's fault."""
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseBusy()
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    lost = isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    if type(cause).__module__.partition(".")[0] not in ("psycopg", "sqlite3"):
        return None
    reason = reason_of(cause).rstrip(".")
    if (missing := MISSING.search(reason)) and (missing[1] or missing[2]) in Table.METADATA.tables:
        return ReadTableMissing(table=missing[1] or missing[2])
    if isinstance(cause, sqlite3.Error):
        return refusal(cause)
    if not (lost or "OperationalError" in {kind.__name__ for kind in type(cause).__mro__}):
        return None
    state = getattr(cause, "sqlstate", None)
    if lost or state is None or state.startswith(AWAY):
        return DatabaseUnreachable(reason=reason)
    return DatabaseFailed(reason=reason)
