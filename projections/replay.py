"""Replay: dead letters folded after all, or let go, with what waits behind them, each stream in its order."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from workledger.domain.refusals import NotFound
from workledger.domain.store import EventStore
from workledger.projections import checkpoints, dead_letters
from workledger.projections.batch import Batch, Unfoldable, fold
from workledger.projections.dead_letters import DeadLetter
from workledger.projections.group import Group
from workledger.projections.side import Side
from workledger.projections.tables import ReadTables


class DeadLetterNotFound(NotFound):
    """There is no dead letter of {name} at position {position}."""

    code = "DEAD_LETTER_NOT_FOUND"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many letters were folded, and how many are left of those that were tried."""

    folded: int
    left: int


def retry(store: EventStore, tables: ReadTables, group: Group, *, position: int | None = None) -> Replayed:
    """Fold dead letters of a group again: of one stream, when a position in it is given, or of all.

    A stream whose event fails again stays as it is from there on; others go on.

    Raises:
        DeadLetterNotFound: DEAD_LETTER_NOT_FOUND.
    """
    with tables.writing() as connection:
        at = checkpoints.find(connection, group.name, hold=True)
        assert at is not None
        letters = dead_letters.listed(connection, group.name)
        if position is not None:
            letters = _behind(letters, group.name, position)
        return _replay(connection, store, tables, group, at, letters)


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
    at: checkpoints.Checkpoint,
    letters: list[DeadLetter],
) -> Replayed:
    side = Side(connection, tables.bulk, group)
    stuck: set[str] = set()
    folded = 0
    for letter in letters:
        if letter.stream_id in stuck:
            continue
        rows = store.scan(letter.position - 1, 1, upto=letter.position)  # erased since: nothing is left to fold
        batch = Batch(group, tables.bulk.encoded)
        try:
            fold([batch], rows)
            with connection.begin_nested():
                side.write(batch.parts)
        except side.faults as error:
            dead_letters.failed_again(connection, letter, error.error if isinstance(error, Unfoldable) else error)
            stuck.add(letter.stream_id)
            continue
        dead_letters.remove(connection, letter)
        folded += 1
    if folded:
        checkpoints.advance(connection, at, replace(at, letters=at.letters - folded))
    return Replayed(folded, len(letters) - folded)
