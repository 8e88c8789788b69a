"""Folding: a group's events written to one of its sides, with its checkpoint, in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.batch import Batch, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.isolation import Careful
from workledger.projections.engine.fold.table_set import Side
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

Rows = Sequence[tuple[Any, ...]]
Standing = dict[Group, Checkpoint]
FAULTS: tuple[type[Exception], ...] = (Unfoldable,)


class Folded:
    """What groups make of events, in memory.

    Attributes:
        batches: of each group; None when one of the events cannot be folded.
        rows: the events.
    """

    def __init__(self, tables: ReadTables, standing: Mapping[Group, Checkpoint], rows: Rows = ()) -> None:
        encoded = tables.bulk.encoded
        self.batches: dict[Group, Batch] | None
        self.batches = {group: Batch(group, encoded, at.held_up) for group, at in standing.items()}
        self.rows: list[tuple[Any, ...]] = []
        self.add(rows)

    def add(self, rows: Rows) -> None:
        """Fold more of them, in the order of the log."""
        self.rows += rows
        try:
            if self.batches is not None:
                fold(self.batches.values(), rows)
        except Unfoldable:
            self.batches = None


def write(
    tables: ReadTables,
    standing: Mapping[Group, Checkpoint],
    batches: Mapping[Group, Batch] | None,
    rows: Rows,
    reached: int,
    suffix: str = "",
) -> Standing:
    """Write what was folded, and move the checkpoints to the position that is thereby read.

    When that cannot be done because of an event, it is set aside, and everything else is written.

    Raises:
        Superseded: somebody else was first; nothing is written.
    """
    if batches is not None:
        try:
            if (moved := _at_once(tables, standing, batches, reached, suffix)) is not None:
                return moved
            with tables.writing() as connection:
                tables.bulk.relax(connection)
                return {
                    group: _written(connection, tables, group, standing[group], batch, reached, suffix)
                    for group, batch in batches.items()
                }
        except FAULTS + tables.bulk.faults:
            pass
    with tables.writing() as connection:
        return {
            group: carefully(connection, tables, group, at, rows, reached, suffix) for group, at in standing.items()
        }


def carefully(
    connection: sa.Connection,
    tables: ReadTables,
    group: Group,
    at: Checkpoint,
    rows: Rows,
    reached: int,
    suffix: str = "",
) -> Checkpoint:
    """The same for one group, event by event where need be, in a transaction that is open."""
    careful = Careful(Side(connection, tables.bulk, group, suffix), group, at.name, at.held_up)
    careful.apply(rows)
    return _moved(connection, at, reached, careful.letters)


def _at_once(
    tables: ReadTables, standing: Mapping[Group, Checkpoint], batches: Mapping[Group, Batch], reached: int, suffix: str
) -> Standing | None:
    """A few rows, when nothing is to be done but write them; None otherwise."""
    if any(batch.parked or any(isinstance(part, Scanned) for part in batch.parts) for batch in batches.values()):
        return None
    moved = {group: replace(at, position=reached) for group, at in standing.items()}
    writings = [
        (table, table.NAME + suffix, changes)
        for group, batch in batches.items()
        for part in batch.parts
        for table, changes in zip(group.tables, part, strict=True)
        if isinstance(changes, Changes) and changes.some
    ]
    if tables.bulk.at_once([(at, moved[group]) for group, at in standing.items()], writings):
        return moved
    return None


def _written(
    connection: sa.Connection,
    tables: ReadTables,
    group: Group,
    at: Checkpoint,
    batch: Batch,
    reached: int,
    suffix: str,
) -> Checkpoint:
    moved = _moved(connection, at, reached, [DeadLetter.of(at.name, row, None) for row in batch.parked])
    Side(connection, tables.bulk, group, suffix).write(batch.parts)
    return moved


def _moved(connection: sa.Connection, at: Checkpoint, reached: int, letters: Sequence[DeadLetter]) -> Checkpoint:
    to = replace(
        at,
        position=reached,
        letters=at.letters + len(letters),
        held_up=at.held_up | {letter.stream_id for letter in letters},
    )
    dead_letters.add(connection, letters)
    return checkpoints.advance(connection, at, to)
