"""A copy of a SQLite database while it is in use."""

import sqlite3
from contextlib import closing
from pathlib import Path

from workledger.adapters.backup import OnCopied

PAGES = 500
"""Pages that are copied at a time."""

POINT = "select count(*) from sqlite_master"
"""Any read: the transaction sees the database as it is at its first."""


def copy(source: sqlite3.Connection, destination: Path, on_copied: OnCopied) -> None:
    """Copy a database as it is at the beginning. Others go on to read and write; the write-ahead log keeps what they
    write, and is emptied afterwards.

    Without the transaction, the copy would begin anew with every write of others, and would never be finished.
    """
    (size,) = source.execute("pragma page_size").fetchone()
    source.execute("begin")
    try:
        source.execute(POINT).fetchone()
        with closing(sqlite3.connect(destination)) as target:
            source.backup(
                target,
                pages=PAGES,
                progress=lambda status, left, total: on_copied((total - left) * size, total * size),
                sleep=0,
            )
    finally:
        source.rollback()
