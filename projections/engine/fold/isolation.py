"""Isolates poison events: a batch that failed is bisected, the poison events set aside, and everything else written."""

from typing import Any

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.fold.batch import Batch, Rows, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.state.dead_letters import DeadLetter


class PoisonIsolator:
    """Writes events of a group to a table set, in its transaction, except poison events.

    A poison event fails alone, after everything before it was written. It becomes a dead letter, and so do the later
    events of its stream, which build on it.

    Args:
        name: of the checkpoint that the dead letters belong to.
        blocked_streams: those that have dead letters already.

    Attributes:
        dead_letters: the new ones, in the order of the log.
    """

    def __init__(self, table_set: TableSet, group: Group, name: str, blocked_streams: frozenset[str]) -> None:
        self._table_set, self._group, self._name = table_set, group, name
        self._blocked_streams = set(blocked_streams)
        self.dead_letters: list[DeadLetter] = []

    def apply(self, rows: Rows) -> None:
        """Fold and write events, in the order of the log."""
        while rows:
            try:
                self._write(rows)
            except Unfoldable as unfoldable:
                # It says which event it was: no need to search for it.
                at = next(nth for nth, row in enumerate(rows) if row[0] == unfoldable.row.position)
                self.apply(rows[:at])
                self._write_alone(rows[at])
                rows = rows[at + 1 :]
            except self._table_set.faults:
                # The database says only that one of the rows does not fit: bisect.
                if len(rows) == 1:
                    self._write_alone(rows[0])
                    return
                self.apply(rows[: len(rows) // 2])
                rows = rows[len(rows) // 2 :]
            else:
                return

    def _write_alone(self, row: tuple[Any, ...]) -> None:
        """Try once more an event that failed: perhaps it was not its fault, but that of one before it."""
        try:
            self._write([row])
        except self._table_set.faults as error:
            cause = error.error if isinstance(error, Unfoldable) else error
            self.dead_letters.append(DeadLetter.failed(self._name, Scanned._make(row), cause))
            self._blocked_streams.add(row[1])

    def _write(self, rows: Rows) -> None:
        batch = Batch(self._group, self._table_set.encoded, self._blocked_streams)
        fold([batch], rows)
        # A savepoint: PostgreSQL refuses everything after an error until it is rolled back to one.
        with self._table_set.connection.begin_nested():
            self._table_set.write(batch.parts)
        self.dead_letters += [DeadLetter.deferred(self._name, row) for row in batch.deferred]
