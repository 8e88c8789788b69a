"""Careful: what is done with a batch that could not be written: the poison in it is found, everything else counts."""

from collections.abc import Sequence
from typing import Any

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.fold.batch import Batch, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import Side
from workledger.projections.engine.state.dead_letters import DeadLetter

Rows = Sequence[tuple[Any, ...]]


class Careful:
    """Writes events into a side of a group, in its transaction, by halves wherever something fails.

    An event that fails alone, and fails again, is set aside; so are the later ones of its stream.

    Attributes:
        letters: what was set aside, in the order of the log.
    """

    def __init__(self, side: Side, group: Group, name: str, held_up: frozenset[str]) -> None:
        self._side, self._group, self._name, self._held_up = side, group, name, set(held_up)
        self.letters: list[DeadLetter] = []

    def apply(self, rows: Rows) -> None:
        """Fold events, in the order of the log."""
        while rows:
            try:
                self._attempt(rows)
            except Unfoldable as unfoldable:
                at = next(nth for nth, row in enumerate(rows) if row[0] == unfoldable.row.position)
                self.apply(rows[:at])
                self._alone(rows[at])
                rows = rows[at + 1 :]
            except self._side.faults:
                if len(rows) == 1:
                    self._alone(rows[0])
                    return
                self.apply(rows[: len(rows) // 2])
                rows = rows[len(rows) // 2 :]
            else:
                return

    def _alone(self, row: tuple[Any, ...]) -> None:
        try:
            self._attempt([row])
        except self._side.faults as error:
            cause = error.error if isinstance(error, Unfoldable) else error
            self.letters.append(DeadLetter.of(self._name, Scanned._make(row), cause))
            self._held_up.add(row[1])

    def _attempt(self, rows: Rows) -> None:
        batch = Batch(self._group, self._side.encoded, self._held_up)
        fold([batch], rows)
        with self._side.connection.begin_nested():
            self._side.write(batch.parts)
        self.letters += [DeadLetter.of(self._name, row, None) for row in batch.parked]
