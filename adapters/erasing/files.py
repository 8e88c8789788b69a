"""The files of a database: what was erased from its tables leaves them, too."""

import sqlite3
import time
from contextlib import closing

import sqlalchemy as sa

from workledger.adapters.schema import CLAIMS, EVENTS, SNAPSHOTS
from workledger.projections.engine.state.dead_letters import DEAD_LETTERS

SECONDS = 10.0
"""For which readers are waited for, who keep SQLite's write-ahead log from being emptied."""

OURS = (EVENTS, CLAIMS, SNAPSHOTS, DEAD_LETTERS)
"""Tables that rows were erased from."""

OVERWRITE = "pragma secure_delete = {}"


def overwrite(connection: sa.Connection, on: bool) -> None:
    """Have SQLite overwrite what this connection deletes; others mark it as free only."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(OVERWRITE.format("on" if on else "off"))


def compact(engine: sa.Engine) -> bool:
    """Write the database anew, without free space, and empty the write-ahead log; False when readers kept it.

    On PostgreSQL the space of deleted rows is given free: it is overwritten later, or at once by a `vacuum full`.
    """
    if engine.dialect.name != "sqlite":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(f"vacuum {', '.join(table.name for table in OURS)}")
        return True
    with closing(engine.raw_connection()) as pooled:  # without a transaction, which the engine would begin
        driver = pooled.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("vacuum")
        give_up = time.monotonic() + SECONDS
        while True:
            busy, *_ = driver.execute("pragma wal_checkpoint(truncate)").fetchone()
            if not busy or time.monotonic() > give_up:
                return not busy
            time.sleep(0.1)
