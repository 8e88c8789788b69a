"""Statements that are retried while the database is busy."""

import random
import sqlite3
import time

LONGEST_SLEEP = 0.003
"""Seconds between attempts. SQLite's own handler sleeps up to 0.1, while others get the lock. Where waiting might last
for ever, as when two begin a write-ahead log at once, it does not wait at all."""


def patiently(cursor: sqlite3.Cursor, statement: str, seconds: float) -> None:
    """Run a statement that changes nothing when the database is busy, such as `begin` or `commit`.

    Raises:
        sqlite3.OperationalError: it was busy for so many seconds, or the statement failed otherwise.
    """
    give_up = 0.0
    while True:
        try:
            cursor.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            give_up = give_up or time.monotonic() + seconds
            if time.monotonic() > give_up:
                raise
            time.sleep(random.uniform(0, LONGEST_SLEEP))  # noqa: S311
        else:
            return
