"""Filling: events written straight into the log of an empty ledger, as if they had been appended long ago."""

import sqlite3
from collections.abc import Iterable

from workledger.adapters import bootstrap
from workledger.adapters.schema import COLUMNS
from workledger.adapters.sqlite.factory import NOT_REPLACED
from workledger.api.benchmarks.indexes import set_aside
from workledger.api.benchmarks.setting import Place, connected
from workledger.domain.kernel.envelope import Row

NAMES, MARKS = ", ".join(COLUMNS), ", ".join("?" * len(COLUMNS))


def fill(place: Place, rows: Iterable[Row]) -> None:
    """Make a ledger there, and give its log these events."""
    bootstrap.open(place.url).close()
    if place.postgres:
        _copy(place.url, rows)
    else:
        _insert(place.file, rows)


def _copy(url: str, rows: Iterable[Row]) -> None:
    with connected(url) as connection:
        with set_aside(connection, "events"), connection.cursor().copy(f"copy events ({NAMES}) from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        connection.execute("select setval('events_position_seq', greatest(max(position), 1)) from events")


def _insert(file: str, rows: Iterable[Row]) -> None:
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("drop trigger events_are_not_replaced")  # without its index it would read the log for each
        with set_aside(connection, "events"):
            connection.executemany(f"insert into events ({NAMES}) values ({MARKS})", rows)  # noqa: S608
        connection.execute(NOT_REPLACED)
    connection.close()
