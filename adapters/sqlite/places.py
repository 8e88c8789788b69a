"""Where the events of a topic or a tag are in the log, so that they are read in order and no others are.

An index of SQLite's own has an entry for each event and topic or tag, and each of them on another page: measured, a
hundred events at a time then take three times as long to append. Here a list of positions is kept for each stretch of
the log, written when the stretch is full. What came after the last full stretch is looked through.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from workledger.adapters.schema import COLUMNS

STRETCH = 1000
"""Positions that are noted at a time. It never changes: readers ask for the ends of stretches."""

FIRST_LOOK, LONGEST_LOOK = 8, 64
"""Stretches whose notes are looked up at a time: few at first, for most readers want few events."""

MAKE = """
create table if not exists event_places (
  upto integer not null, name text not null, id text not null, positions text not null, primary key (upto, name, id)
) without rowid
"""
"""`upto` is where the stretch ends; it comes first, so that notes are written side by side. `name` is a tag's, or empty
for a topic; for the empty topic there is a row of each stretch that is noted."""

TOPIC = ""
NOTED = "select coalesce(max(upto), 0) from event_places"
UNNOTED = "select position, topic, tags from events where position > ? and position <= ? order by position"
NOTE = "insert into event_places (upto, name, id, positions) values (?, ?, ?, ?)"
PLACES = """
select positions from event_places
where upto in (select value from json_each(?)) and name = ? and id in (select value from json_each(?))
"""
ROWS = f"""
select {", ".join(COLUMNS)} from events where position in (select value from json_each(?)) order by position
"""  # noqa: S608


def noted(cursor: sqlite3.Cursor) -> int:
    """How far all is noted."""
    (upto,) = cursor.execute(NOTED).fetchone()
    return int(upto)


def note(cursor: sqlite3.Cursor, last: int) -> None:
    """Note the stretches that are full when `last` is the last position."""
    done = noted(cursor)
    for upto in range(done + STRETCH, last + 1, STRETCH):
        _note(cursor, upto - STRETCH, upto)


def rows(
    cursor: sqlite3.Cursor, after: int, limit: int, upto: int, topics: Sequence[str], tag: tuple[str, str] | None
) -> list[tuple[Any, ...]]:
    """Events above `after`, as far as all is noted and at most `upto`."""
    found: list[tuple[Any, ...]] = []
    for positions in _places(cursor, after, upto, topics, tag):
        while positions and len(found) < limit:
            page, positions = positions[: limit - len(found)], positions[limit - len(found) :]
            found += cursor.execute(ROWS, (orjson.dumps(page).decode(),)).fetchall()
        if len(found) == limit:
            break
    return found


def _places(
    cursor: sqlite3.Cursor, after: int, upto: int, topics: Sequence[str], tag: tuple[str, str] | None
) -> Iterator[list[int]]:
    """The positions, in order; where something was erased there may be no event."""
    first, look = after // STRETCH, FIRST_LOOK
    while first * STRETCH < upto:
        ends = [number * STRETCH for number in range(first + 1, first + look + 1)]
        found = _noted(cursor, ends, TOPIC, topics) if topics else None
        if tag is not None:
            tagged = _noted(cursor, ends, tag[0], tag[1:])
            found = tagged if found is None else found & tagged
        yield sorted(position for position in found or () if after < position <= upto)
        first, look = first + look, min(look * 2, LONGEST_LOOK)


def _noted(cursor: sqlite3.Cursor, ends: Sequence[int], name: str, ids: Sequence[str]) -> set[int]:
    """What the stretches that end there have of those ids."""
    lists = cursor.execute(PLACES, (orjson.dumps(ends).decode(), name, orjson.dumps(ids).decode())).fetchall()
    return {position for (positions,) in lists for position in orjson.loads(positions)}


def _note(cursor: sqlite3.Cursor, after: int, upto: int) -> None:
    tagged: dict[str, list[int]] = defaultdict(list)
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    places[TOPIC, ""] = []
    for position, topic, tags in cursor.execute(UNNOTED, (after, upto)):
        places[TOPIC, topic].append(position)
        tagged[tags].append(position)
    for tags, positions in tagged.items():
        for name, id in _tags(tags).items():
            places[name, str(id)] += positions
    cursor.executemany(NOTE, [(upto, *key, orjson.dumps(sorted(places[key])).decode()) for key in sorted(places)])


def _tags(text: str) -> dict[str, object]:
    """What is no object of JSON tags nothing: an event that is stored already must not be in the way of others."""
    try:
        tags = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return tags if isinstance(tags, dict) else {}
