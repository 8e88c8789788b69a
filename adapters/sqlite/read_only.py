"""Opens a file that must not, or cannot, be written."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import quote

from workledger.adapters.database import DatabaseFailed

PROBE = "select count(*) from sqlite_master"
LOG_UNREADABLE = (
    "its folder cannot be written, and its write-ahead log is not complete without; copy the folder elsewhere"
)


def open_to_read(path: str, connect: Callable[[str], sqlite3.Connection]) -> sqlite3.Connection:
    """A connection that writes nothing.

    SQLite shares the write-ahead log between processes through a file beside it, which a reader makes when there is
    none. Where the folder cannot be written and there is no log, nobody has the database open, and it is read as a file
    that does not change.

    Args:
        connect: opens a URI.

    Raises:
        DatabaseFailed: there is a log, and it cannot be read without that file.
    """
    address = f"file:{quote(os.path.abspath(path))}?mode=ro"
    made = connect(address)
    try:
        made.execute(PROBE)
    except sqlite3.OperationalError as error:
        made.close()
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        if not os.path.exists(path):
            raise
        if _has_log(path):
            raise DatabaseFailed(reason=LOG_UNREADABLE) from error
        made = connect(f"{address}&immutable=1")
    return made


def _has_log(path: str) -> bool:
    with suppress(OSError):
        return os.path.getsize(f"{path}-wal") > 0
    return False
