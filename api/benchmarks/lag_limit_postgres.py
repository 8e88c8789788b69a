"""The limit of lag on PostgreSQL: see lag_limit.py."""

import time
from collections.abc import Callable

import psycopg

from workledger.api.benchmarks import lag_limit
from workledger.api.benchmarks.processes import Line
from workledger.api.benchmarks.setting import Place, connected
from workledger.domain.kernel.envelope import Row

LAY = """
create table lag_events (position bigserial primary key, stream_id text, version int, topic text, data json);
create table lag_seen (id int primary key, position bigint);
insert into lag_seen values (1, 0);
"""
INSERT = "insert into lag_events (stream_id, version, topic, data) values (%s, %s, %s, %s) returning position"
FIND = "select position, topic, data::text from lag_events where position > %s order by position"
SEE = "update lag_seen set position = %s"


def lay(place: Place) -> None:
    with connected(place.url) as connection:
        connection.execute(LAY)


def writing(url: str) -> Callable[[Row], tuple[int, float]]:
    cursor = connected(url).cursor()

    def append(row: Row) -> tuple[int, float]:
        fields = (row.stream_id, row.version, row.topic, row.data)
        position = cursor.execute(INSERT, fields, prepare=True).fetchone()[0]
        return position, time.monotonic()

    return append


def follow(line: Line, url: str) -> None:
    """As the projecting process of lag.py."""
    with psycopg.connect(url, autocommit=True) as connection:
        lag_limit.follow(
            line,
            lambda at: connection.execute(FIND, (at,), prepare=True).fetchall(),
            lambda at: connection.execute(SEE, (at,), prepare=True),
        )
