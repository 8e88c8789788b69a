"""A batch: events folded in memory into what is to be written, in order."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from workledger.domain.store import Scanned
from workledger.projections.changes import Changes
from workledger.projections.group import Group

Part = tuple[Changes, ...] | Scanned
"""Changes of each table of the group, to be written together; or an event at which the tables themselves are acted on,
with everything before it written."""


class Unfoldable(Exception):
    """An event that cannot be folded; nothing of its batch counts."""

    def __init__(self, row: Scanned, error: Exception) -> None:
        super().__init__(f"{row.topic} at {row.position}: {error!r}")
        self.row, self.error = row, error


@dataclass(slots=True)
class Batch:
    """What a group makes of some events.

    Attributes:
        encoded: whether payloads are bytes (see compiler.py).
        parts: to be written in this order.
        parked: events of streams that are held up, left out.
    """

    group: Group
    encoded: bool
    parts: list[Part] = field(default_factory=list)
    parked: list[Scanned] = field(default_factory=list)

    def fold(self, rows: Iterable[tuple[Any, ...]], held_up: Collection[str] = ()) -> None:
        """Fold events, in the order of the log.

        Args:
            rows: as Store.scan gives them.
            held_up: streams whose events wait behind one that could not be folded.

        Raises:
            Unfoldable: one of them cannot be folded.
        """
        foldings, barriers = self.group.foldings[self.encoded], self.group.barriers
        if held_up:
            rows = self._park(rows, held_up)
        changes = self._changes()
        row: tuple[Any, ...] = ()
        try:
            for row in rows:
                folding = foldings.get(row[3])
                if folding is None:
                    continue
                if row[3] in barriers:
                    self.parts.append(Scanned._make(row))
                    changes = self._changes(anew=True)
                folding(row, changes)
        except Exception as error:
            raise Unfoldable(Scanned._make(row), error) from error

    def _changes(self, anew: bool = False) -> tuple[Changes, ...]:
        if not anew and self.parts and not isinstance(self.parts[-1], Scanned):
            return self.parts[-1]
        changes = tuple(Changes.none() for _ in self.group.tables)
        self.parts.append(changes)
        return changes

    def _park(self, rows: Iterable[tuple[Any, ...]], held_up: Collection[str]) -> Iterable[tuple[Any, ...]]:
        for row in rows:
            if row[1] in held_up and row[3] in self.group.plan:
                self.parked.append(Scanned._make(row))
            else:
                yield row
