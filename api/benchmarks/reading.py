"""Reading: a loop that reads the log and decodes what the events say, and does nothing with it."""

import sqlite3
import time
from collections.abc import Iterator
from typing import Any

import orjson

from workledger.api.benchmarks.setting import Place, connected

PAGE = 20_000
NEEDED = "position, stream_id, version, topic, at"


def seconds(place: Place) -> float:
    """How long the loop takes to come to the end of the log."""
    started = time.perf_counter()
    for page in _postgres(place.url) if place.postgres else _sqlite(place.file):
        for row in page:
            orjson.loads(row[-1])
    return time.perf_counter() - started


def _postgres(url: str) -> Iterator[list[Any]]:
    chosen = f"select {NEEDED}, tags::text, data::text from events where position > %s order by position limit {PAGE}"  # noqa: S608
    with connected(url) as connection, connection.cursor() as cursor:
        at = 0
        while page := cursor.execute(chosen, (at,)).fetchall():
            yield page
            at = page[-1][0]


def _sqlite(file: str) -> Iterator[list[Any]]:
    connection = sqlite3.connect(file)
    cursor = connection.execute(f"select {NEEDED}, tags, data from events order by position")  # noqa: S608
    while page := cursor.fetchmany(PAGE):
        yield page
    connection.close()
