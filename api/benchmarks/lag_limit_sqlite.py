"""The limit of lag on SQLite: see lag_limit.py, with a file of its own."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from workledger.api.benchmarks import lag_limit
from workledger.api.benchmarks.processes import Line
from workledger.api.benchmarks.setting import Place
from workledger.domain.kernel.envelope import Row

LAY = """
pragma journal_mode = wal;
create table lag_events (
  position integer primary key autoincrement, stream_id text, version int, topic text, data text);
create table lag_seen (id integer primary key, position integer);
insert into lag_seen values (1, 0);
"""
INSERT = "insert into lag_events (stream_id, version, topic, data) values (?, ?, ?, ?)"
FIND = "select position, topic, data from lag_events where position > ? order by position"
SEE = "update lag_seen set position = ?"


def lay(place: Place) -> None:
    with closing(sqlite3.connect(_file(place.url))) as connection:
        connection.executescript(LAY)


def writing(url: str) -> Callable[[Row], tuple[int, float]]:
    connection = _connected(url, durable=True)

    def append(row: Row) -> tuple[int, float]:
        position = connection.execute(INSERT, (row.stream_id, row.version, row.topic, row.data)).lastrowid
        return position or 0, time.monotonic()

    return append


def follow(line: Line, url: str) -> None:
    """As the projecting process of lag.py."""
    with closing(_connected(url, durable=False)) as connection:
        lag_limit.follow(
            line,
            lambda at: connection.execute(FIND, (at,)).fetchall(),
            lambda at: connection.execute(SEE, (at,)),
        )


def _connected(url: str, *, durable: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(_file(url), isolation_level=None, timeout=30)
    connection.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
    return connection


def _file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///")).with_name("limit.db")
