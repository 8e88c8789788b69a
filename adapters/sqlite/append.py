"""One append to SQLite, in a transaction that has the write lock: all of it is stored, or nothing is."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from workledger.adapters.database import DatabaseFailed
from workledger.adapters.schema import COLUMNS
from workledger.adapters.sqlite import position_index
from workledger.adapters.sqlite.claims import settle
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import LAST_POSITION, AlreadyDone, Conditions, Stored

INSERT = f"insert into events values ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
VERSIONS = """
select value, coalesce((select max(version) from events where stream_id = value), 0) from json_each(?)
"""
DRAWN = "select coalesce(max(seq), 0) from sqlite_sequence where name = 'events'"
DONE = "select +first_position, +last_position from commands where command_id = ?"
REMEMBER = """
insert into commands (command_id, first_position, last_position, digest) values (?, ?, ?, ?) on conflict do nothing
"""


def append(cursor: sqlite3.Cursor, events: Sequence[Stored], conditions: Conditions) -> range:
    """Store the events; their positions, which are above those of all events that were ever stored.

    Raises:
        AlreadyDone: the command id has been recorded before.
        ConcurrencyConflict: a stream is not where the events, or a pin, expect it.
        ClaimUnmet: a claim cannot be met.
        DatabaseFailed: no position is left.
    """
    (drawn,) = cursor.execute(DRAWN).fetchone()
    positions = range(drawn + 1, drawn + 1 + len(events))
    if positions.stop > LAST_POSITION:
        raise DatabaseFailed(reason="no position is left for another event")
    if conditions.command_id is not None:
        _remember(cursor, conditions.command_id, positions, conditions.digest)
    versions = _versions(cursor, events, conditions)
    for stream, claim in conditions.claims:
        settle(cursor, stream, claim)
    cursor.executemany(INSERT, map(_row, positions, versions, events))
    if drawn % position_index.SEGMENT + len(events) >= position_index.SEGMENT:
        position_index.extend(cursor, positions[-1])
    return positions


def _remember(cursor: sqlite3.Cursor, command_id: str, positions: range, digest: str | None) -> None:
    """A command that stores no event is remembered too, with an empty range of positions."""
    if not cursor.execute(REMEMBER, (command_id, positions.start, positions.stop - 1, digest)).rowcount:
        first, last = cursor.execute(DONE, (command_id,)).fetchone()
        raise AlreadyDone(range(first, last + 1))


def _versions(cursor: sqlite3.Cursor, events: Sequence[Stored], conditions: Conditions) -> list[int]:
    """The version of each event.

    Raises:
        ConcurrencyConflict: a stream is not at the version that is expected.
    """
    streams = [str(event.originator_id) for event in events]
    named = orjson.dumps([*{*conditions.pinned, *streams}]).decode()
    last: dict[str, int] = dict(cursor.execute(VERSIONS, (named,)))
    for stream, expected in conditions.pinned.items():
        _expect(stream, expected, last[stream])
    versions, checked = [], set(conditions.pinned)
    for stream, event in zip(streams, events, strict=True):
        if stream not in checked and event.originator_version:
            _expect(stream, event.originator_version - 1, last[stream])
        checked.add(stream)
        last[stream] += 1
        versions.append(last[stream])
    return versions


def _expect(stream: str, expected: int, actual: int) -> None:
    if expected != actual:
        raise ConcurrencyConflict(stream=stream, expected=expected, actual=actual)


def _row(position: int, version: int, event: Stored) -> tuple[Any, ...]:
    return (
        position,
        event.originator_id,
        version,
        event.topic,
        event.schema_version,
        event.at,
        event.actor,
        event.event_id,
        event.correlation_id,
        event.causation_id,
        event.command_id,
        event.tags,
        event.state.decode(),
    )
