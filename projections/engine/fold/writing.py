"""Writing: what groups fold is written to their table sets, rows and checkpoint in one transaction.

There are three ways, each tried when the one before cannot be taken:

| Way | When | How |
|---|---|---|
| fast path | a few rows, no barrier, nothing deferred | one exchange with the server, where the database has such |
| batch | nothing fails | in bulk, table by table |
| bisect | an event fails | by halves, until the poison events are isolated (see isolation.py) |
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold.batch import Batch, Rows, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.isolation import PoisonIsolator
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter
from workledger.projections.engine.tables import ReadTables

Checkpoints = dict[Group, Checkpoint]
"""The checkpoint of each group."""

FAULTS: tuple[type[Exception], ...] = (Unfoldable,)


class FoldedEvents:
    """Events, and what groups fold from them, in memory.

    Attributes:
        batches: of each group; None when one of the events cannot be folded: then they are bisected when written.
        rows: the events.
    """

    def __init__(self, tables: ReadTables, checkpoints: Mapping[Group, Checkpoint], rows: Rows = ()) -> None:
        encoded = tables.bulk.encoded
        self.batches: dict[Group, Batch] | None
        self.batches = {group: Batch(group, encoded, at.blocked_streams) for group, at in checkpoints.items()}
        self.rows: list[tuple[object, ...]] = []
        self.add(rows)

    def add(self, rows: Rows) -> None:
        """Fold more events, in the order of the log."""
        self.rows += rows
        try:
            if self.batches is not None:
                fold(self.batches.values(), rows)
        except Unfoldable:
            self.batches = None


def write(
    tables: ReadTables,
    from_checkpoints: Mapping[Group, Checkpoint],
    folded: FoldedEvents,
    position: int,
    suffix: str = "",
) -> Checkpoints:
    """Write what was folded, and advance the checkpoints to the position of the last event read.

    Poison events become dead letters; everything else is written.

    Raises:
        Superseded: another process advanced one of the checkpoints; nothing is written.
    """
    if folded.batches is not None:
        try:
            if (advanced := _fast_path(tables, from_checkpoints, folded.batches, position, suffix)) is not None:
                return advanced
            return _batch(tables, from_checkpoints, folded.batches, position, suffix)
        except FAULTS + tables.bulk.faults:
            pass  # some event does not fit the tables, and nothing is written: bisect
    with tables.writing() as connection:
        return {
            group: bisect(connection, tables, group, at, folded.rows, position, suffix)
            for group, at in from_checkpoints.items()
        }


def bisect(
    connection: sa.Connection,
    tables: ReadTables,
    group: Group,
    at: Checkpoint,
    rows: Rows,
    position: int,
    suffix: str = "",
) -> Checkpoint:
    """Write a group's events in the open transaction, isolate the poison among them, and advance the checkpoint."""
    isolator = PoisonIsolator(TableSet(connection, tables.bulk, group, suffix), group, at.name, at.blocked_streams)
    isolator.apply(rows)
    return _advance(connection, at, position, isolator.dead_letters)


def _fast_path(
    tables: ReadTables,
    from_checkpoints: Mapping[Group, Checkpoint],
    batches: Mapping[Group, Batch],
    position: int,
    suffix: str,
) -> Checkpoints | None:
    """None when it cannot be taken; nothing is written then."""
    if any(batch.deferred or any(isinstance(part, Scanned) for part in batch.parts) for batch in batches.values()):
        return None
    advanced = {group: at.moved_to(position) for group, at in from_checkpoints.items()}
    writes = [
        (table, table.NAME + suffix, changes)
        for group, batch in batches.items()
        for part in batch.parts
        for table, changes in zip(group.tables, part, strict=True)
        if isinstance(changes, Changes) and changes.some
    ]
    moves = [(at, advanced[group]) for group, at in from_checkpoints.items()]
    return advanced if tables.bulk.small_write(moves, writes) else None


def _batch(
    tables: ReadTables,
    from_checkpoints: Mapping[Group, Checkpoint],
    batches: Mapping[Group, Batch],
    position: int,
    suffix: str,
) -> Checkpoints:
    advanced = {}
    with tables.writing() as connection:
        # What a crash of the server takes is folded again, from the checkpoint that is lost with it.
        tables.bulk.without_fsync(connection)
        for group, batch in batches.items():
            at = from_checkpoints[group]
            deferred = [DeadLetter.deferred(at.name, row) for row in batch.deferred]
            # The checkpoint first: whoever comes second finds out before writing rows, and waits for no lock on them.
            advanced[group] = _advance(connection, at, position, deferred)
            TableSet(connection, tables.bulk, group, suffix).write(batch.parts)
    return advanced


def _advance(connection: sa.Connection, at: Checkpoint, position: int, letters: Sequence[DeadLetter]) -> Checkpoint:
    dead_letters.add(connection, letters)
    return checkpoints.advance(connection, at, at.moved_to(position, [letter.stream_id for letter in letters]))
