"""The position index: the positions of the events of each topic and each tag, segment by segment of the log.

An ordinary index has an entry for each event and topic or tag, each on another page. By
`make bench ARGS="-k position_index"`, a second of CPU appends 59,000 events in batches of a hundred with this index,
31,000 with ordinary ones, 19,000 with a table of tags, and 68,000 with none. Here one row has the positions of a topic
or tag in a segment of the log, and is written when the segment is full; events after the last full segment are scanned.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from workledger.adapters.schema import COLUMNS

SEGMENT = 1000
"""Positions in a segment. It never changes: readers look segments up by the positions at which they end."""

FIRST_LOOKUP, LARGEST_LOOKUP = 8, 64
"""Segments that are looked up with one query: few at first, since most readers want few events."""

MAKE = """
create table if not exists event_places (
  upto integer not null, name text not null, id text not null, positions text not null, primary key (upto, name, id)
) without rowid
"""
"""`upto` is the position at which the segment ends; it comes first, so that a segment's rows are written side by side.
`name` is a tag's, or empty for a topic; every segment that is indexed has a row for the empty topic."""

TOPIC = ""
COVERED = "select coalesce(max(upto), 0) from event_places"
EVENTS = "select position, +topic, +tags from events where position > ? and position <= ? order by position"
INSERT = "insert into event_places (upto, name, id, positions) values (?, ?, ?, ?)"
LOOKUP = """
select positions from event_places
where upto in (select value from json_each(?)) and name = ? and id in (select value from json_each(?))
"""
ROWS = f"""
select {", ".join(COLUMNS)} from events where position in (select value from json_each(?)) order by position
"""  # noqa: S608


def covered(cursor: sqlite3.Cursor) -> int:
    """The position up to which the log is indexed."""
    (upto,) = cursor.execute(COVERED).fetchone()
    return int(upto)


def extend(cursor: sqlite3.Cursor, last: int) -> None:
    """Index the segments that are full when `last` is the last position of the log."""
    begin = covered(cursor)
    for upto in range(begin + SEGMENT, last + 1, SEGMENT):
        _add_segment(cursor, upto - SEGMENT, upto)


def rows(
    cursor: sqlite3.Cursor, after: int, limit: int, upto: int, topics: Sequence[str], tag: tuple[str, str] | None
) -> list[tuple[Any, ...]]:
    """Events above `after` and at most `upto`, which the index must cover."""
    events: list[tuple[Any, ...]] = []
    for positions in _positions(cursor, after, upto, topics, tag):
        while positions and len(events) < limit:
            page, positions = positions[: limit - len(events)], positions[limit - len(events) :]
            events += cursor.execute(ROWS, (orjson.dumps(page).decode(),)).fetchall()
        if len(events) == limit:
            break
    return events


def _positions(
    cursor: sqlite3.Cursor, after: int, upto: int, topics: Sequence[str], tag: tuple[str, str] | None
) -> Iterator[list[int]]:
    """Positions with one of the topics and the tag, in order; an event that was erased leaves its position here."""
    first, width = after // SEGMENT, FIRST_LOOKUP
    while first * SEGMENT < upto:
        ends = [number * SEGMENT for number in range(first + 1, first + width + 1)]
        matching = _lookup(cursor, ends, TOPIC, topics) if topics else None
        if tag is not None:
            tagged = _lookup(cursor, ends, tag[0], tag[1:])
            matching = tagged if matching is None else matching & tagged
        yield sorted(position for position in matching or () if after < position <= upto)
        first, width = first + width, min(width * 2, LARGEST_LOOKUP)


def _lookup(cursor: sqlite3.Cursor, ends: Sequence[int], name: str, ids: Sequence[str]) -> set[int]:
    """The positions with one of those ids in the segments that end there."""
    lists = cursor.execute(LOOKUP, (orjson.dumps(ends).decode(), name, orjson.dumps(ids).decode())).fetchall()
    return {position for (positions,) in lists for position in orjson.loads(positions)}


def _add_segment(cursor: sqlite3.Cursor, after: int, upto: int) -> None:
    by_tags: dict[str, list[int]] = defaultdict(list)
    index: dict[tuple[str, str], list[int]] = defaultdict(list)
    index[TOPIC, ""] = []
    for position, topic, tags in cursor.execute(EVENTS, (after, upto)):
        index[TOPIC, topic].append(position)
        by_tags[tags].append(position)
    for tags, positions in by_tags.items():
        for name, id in _tags(tags).items():
            index[name, str(id)] += positions
    cursor.executemany(INSERT, [(upto, *key, orjson.dumps(sorted(index[key])).decode()) for key in sorted(index)])


def _tags(text: str) -> dict[str, object]:
    """Tags that are no JSON object count as none: a stored event must not keep others from being appended."""
    try:
        tags = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return tags if isinstance(tags, dict) else {}
