"""What databases cannot do, met where read tables are read, as refusals: they are away, unusable, or lack a table."""

import re

import sqlalchemy as sa

from workledger.adapters.database import DatabaseUnreachable
from workledger.adapters.sqlite.failures import DatabaseBusy, DatabaseFailed, refuse
from workledger.domain.refusals import Refused
from workledger.projections.groups import GROUPS

MISSING = re.compile(r'no such table: (\w+)|relation "(\w+)" does not exist')
AWAY = ("08", "57P", "53300", "55000")
"""The beginnings of PostgreSQL's codes for a connection that failed or was ended, and a server that takes none."""


class ReadTableMissing(Refused):
    """There is no table {table}; `workledger rebuild` makes it anew from the log."""

    code = "READ_TABLE_MISSING"


def refusal_of(error: sa.exc.SQLAlchemyError) -> Refused | None:
    """The refusal that the error comes to; None when the database cannot help it."""
    if isinstance(error, sa.exc.TimeoutError):
        return DatabaseBusy()
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    reason = (str(error.orig).strip().splitlines() or [type(error.orig).__name__])[0].rstrip(".")
    if (missing := MISSING.search(reason)) and (missing[1] or missing[2]) in _read_tables():
        return ReadTableMissing(table=missing[1] or missing[2])
    if hasattr(error.orig, "sqlite_errorcode"):
        try:
            refuse(error)
        except Refused as refused:
            return refused
        return None
    if not (error.connection_invalidated or isinstance(error, sa.exc.OperationalError)):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state is None or state.startswith(AWAY):
        return DatabaseUnreachable(reason=reason)
    return DatabaseFailed(reason=reason)


def _read_tables() -> set[str]:
    return {table.NAME for group in GROUPS for table in group.tables}
