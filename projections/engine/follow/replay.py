"""Replays dead letters: they are folded after all, or dropped, each stream in its order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from workledger.domain.kernel.refusals import NotFound
from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.batch import Batch, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.follow.stale import LaterEvents, rows_changed_since
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables


class DeadLetterNotFound(NotFound):
    """There is no dead letter of {name} at position {position}."""

    code = "DEAD_LETTER_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of a replay.

    Attributes:
        folded: dead letters that were folded.
        left: those that were tried, or wait behind one that failed, and are left.
        stale: those of them that only a rebuild folds (see stale.py), with those that wait behind them.
    """

    folded: int
    left: int
    stale: int = 0


def retry(store: EventStore, tables: ReadTables, group: Group, *, position: int | None = None) -> Replayed:
    """Fold dead letters of a group: of the stream that has one at `position`, or of all streams.

    A stream stops at the first letter that fails again, or is stale; other streams go on.

    Raises:
        DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
    """
    later = LaterEvents(store, group)
    with tables.engine.connect() as connection:
        at, letters = checkpoints.find(connection, group.name), dead_letters.find(connection, group.name)
    later.read(letters, at.position if at else 0)  # most of it before the checkpoint is locked
    with tables.writing() as connection:
        at = checkpoints.find(connection, group.name, lock=True)
        assert at is not None
        letters = dead_letters.find(connection, group.name)
        later.read(letters, at.position)
        if position is not None:
            letters = _of_stream(letters, group.name, position)
        return _replay(connection, store, tables, group, at, letters, later)


def drop(store: EventStore, tables: ReadTables, group: Group, position: int) -> Replayed:
    """Delete one dead letter, and fold those that wait behind it.

    Raises:
        DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
    """
    with tables.writing() as connection:
        at = checkpoints.find(connection, group.name, lock=True)
        assert at is not None
        letters = _of_stream(dead_letters.find(connection, group.name), group.name, position)
        [dropped] = [letter for letter in letters if letter.position == position]
        dead_letters.delete(connection, dropped)
        at = checkpoints.advance(connection, at, replace(at, dead_letters=at.dead_letters - 1))
        first = letters[0] is dropped
        rest = [letter for letter in letters if letter is not dropped]
        return _replay(connection, store, tables, group, at, rest if first else [])


def _of_stream(letters: list[DeadLetter], name: str, position: int) -> list[DeadLetter]:
    """The letters of the stream that has one at that position."""
    streams = {letter.stream_id for letter in letters if letter.position == position}
    if not streams:
        raise DeadLetterNotFound(name=name, position=position)
    return [letter for letter in letters if letter.stream_id in streams]


def _replay(
    connection: sa.Connection,
    store: EventStore,
    tables: ReadTables,
    group: Group,
    at: Checkpoint,
    letters: list[DeadLetter],
    later: LaterEvents | None = None,
) -> Replayed:
    """Without `later`, stale letters are folded too: the event that was dropped is missing in the tables anyway."""
    table_set = TableSet(connection, tables.bulk, group)
    stuck: set[str] = set()
    stale: set[str] = set()
    folded = 0
    for letter in letters:
        if letter.stream_id in stuck:
            continue
        rows = store.scan(letter.position - 1, 1, upto=letter.position)  # none when it was erased: nothing to fold
        try:
            written = _write(table_set, group, letter, rows, later)
        except table_set.faults as error:
            cause = error.error if isinstance(error, Unfoldable) else error
            dead_letters.record_failure(connection, letter, cause)
            stuck.add(letter.stream_id)
            continue
        if not written:
            stuck.add(letter.stream_id)
            stale.add(letter.stream_id)
            continue
        dead_letters.delete(connection, letter)
        folded += 1
    if folded:
        checkpoints.advance(connection, at, replace(at, dead_letters=at.dead_letters - folded))
    left_stale = sum(letter.stream_id in stale for letter in letters)
    return Replayed(folded, len(letters) - folded, left_stale)


def _write(
    table_set: TableSet, group: Group, letter: DeadLetter, rows: Sequence[tuple[Any, ...]], later: LaterEvents | None
) -> bool:
    """False, and nothing is written, when the letter is stale."""
    batch = Batch(group, table_set.encoded)
    fold([batch], rows)
    with table_set.connection.begin_nested():
        if later and (later.outdate(letter) or rows_changed_since(table_set, group, batch.parts, letter.position)):
            return False
        table_set.write(batch.parts)
    return True
