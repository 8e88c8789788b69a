"""Replay: dead letters folded after all, or let go, with what waits behind them, each stream in its order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from workledger.domain.kernel.refusals import NotFound
from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.batch import Batch, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import Side
from workledger.projections.engine.follow.stale import Later, rows_went_on
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables


class DeadLetterNotFound(NotFound):
    """There is no dead letter of {name} at position {position}."""

    code = "DEAD_LETTER_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many letters were folded, and how many are left of those that were tried.

    Attributes:
        overtaken: how many of those left are for a rebuild to fold (see overtaken.py), with what waits behind them.
    """

    folded: int
    left: int
    overtaken: int = 0


def retry(store: EventStore, tables: ReadTables, group: Group, *, position: int | None = None) -> Replayed:
    """Fold dead letters of a group again: of one stream, when a position in it is given, or of all.

    A stream whose event fails again stays as it is from there on, and so does one whose event was overtaken by what
    other streams did since; others go on.

    Raises:
        DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
    """
    later = Later(store, group)
    with tables.engine.connect() as connection:
        at, letters = checkpoints.find(connection, group.name), dead_letters.listed(connection, group.name)
    later.read(letters, at.position if at else 0)  # most of it, while nobody is held up
    with tables.writing() as connection:
        at = checkpoints.find(connection, group.name, hold=True)
        assert at is not None
        letters = dead_letters.listed(connection, group.name)
        later.read(letters, at.position)
        if position is not None:
            letters = _behind(letters, group.name, position)
        return _replay(connection, store, tables, group, at, letters, later)


def drop(store: EventStore, tables: ReadTables, group: Group, position: int) -> Replayed:
    """Let go of one dead letter for good, and fold what waits behind it.

    Raises:
        DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
    """
    with tables.writing() as connection:
        at = checkpoints.find(connection, group.name, hold=True)
        assert at is not None
        letters = _behind(dead_letters.listed(connection, group.name), group.name, position)
        [dropped] = [letter for letter in letters if letter.position == position]
        dead_letters.remove(connection, dropped)
        at = checkpoints.advance(connection, at, replace(at, letters=at.letters - 1))
        first = letters[0] is dropped
        rest = [letter for letter in letters if letter is not dropped]
        return _replay(connection, store, tables, group, at, rest if first else [])


def _behind(letters: list[DeadLetter], name: str, position: int) -> list[DeadLetter]:
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
    later: Later | None = None,
) -> Replayed:
    """Without `later`, letters are folded whatever was done since: what was let go is missing anyway."""
    side = Side(connection, tables.bulk, group)
    stuck: set[str] = set()
    overtaken: set[str] = set()
    folded = 0
    for letter in letters:
        if letter.stream_id in stuck:
            continue
        rows = store.scan(letter.position - 1, 1, upto=letter.position)  # erased since: nothing is left to fold
        try:
            written = _written(side, group, letter, rows, later)
        except side.faults as error:
            dead_letters.failed_again(connection, letter, error.error if isinstance(error, Unfoldable) else error)
            stuck.add(letter.stream_id)
            continue
        if not written:
            stuck.add(letter.stream_id)
            overtaken.add(letter.stream_id)
            continue
        dead_letters.remove(connection, letter)
        folded += 1
    if folded:
        checkpoints.advance(connection, at, replace(at, letters=at.letters - folded))
    waiting = sum(letter.stream_id in overtaken for letter in letters)
    return Replayed(folded, len(letters) - folded, waiting)


def _written(
    side: Side, group: Group, letter: DeadLetter, rows: Sequence[tuple[Any, ...]], later: Later | None
) -> bool:
    """False, and nothing is done, when it was overtaken."""
    batch = Batch(group, side.encoded)
    fold([batch], rows)
    with side.connection.begin_nested():
        if later and (later.overtook(letter) or rows_went_on(side, group, batch.parts, letter.position)):
            return False
        side.write(batch.parts)
    return True
