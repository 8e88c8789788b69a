"""A batch: events folded in memory into what is to be written, in order."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes
from workledger.projections.engine.fold.group import Group

Part = tuple[Changes, ...] | Scanned
"""Changes of each table of the group, to be written together; or an event at which the tables themselves are acted on,
with everything before it written."""

Doing = Callable[[tuple[Any, ...], Any], None]


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
        held_up: streams whose events wait behind one that could not be folded.
        parts: to be written in this order.
        parked: events of streams that are held up, left out.
    """

    group: Group
    encoded: bool
    held_up: Collection[str] = ()
    parts: list[Part] = field(default_factory=list)
    parked: list[Scanned] = field(default_factory=list)

    def changes(self) -> tuple[Changes, ...]:
        """Where the next event is folded into."""
        if not self.parts or isinstance(self.parts[-1], Scanned):
            self.parts.append(tuple(Changes.none() for _ in self.group.tables))
        changes = self.parts[-1]
        assert not isinstance(changes, Scanned)
        return changes

    def acted_on_at(self, row: tuple[Any, ...]) -> None:
        """An event at which some group's tables are acted on."""
        if row[3] in self.group.barriers:
            self.parts.append(Scanned._make(row))
        folding = self.group.folding(row[3], self.encoded)
        if folding is not None:
            folding(row, self.changes())

    def park(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """The events that nothing is in the way of."""
        for row in rows:
            if row[1] in self.held_up and row[3] in self.group.plan:
                self.parked.append(Scanned._make(row))
            else:
                yield row


def fold(batches: Collection[Batch], rows: Sequence[tuple[Any, ...]]) -> None:
    """Fold events into the batches of several groups, in the order of the log.

    Args:
        rows: as Store.scan gives them.

    Raises:
        Unfoldable: one of them cannot be folded.
    """
    free = [batch for batch in batches if not batch.held_up]
    if free:
        _fold(_Steps(free), rows)
    for batch in batches:
        if batch.held_up:
            _fold(_Steps([batch]), batch.park(rows))


def _fold(steps: "_Steps", rows: Iterable[tuple[Any, ...]]) -> None:
    row: tuple[Any, ...] = ()
    try:
        for row in rows:
            for folding, changes in steps[row[3]]:
                folding(row, changes)
    except Exception as error:
        raise Unfoldable(Scanned._make(row), error) from error


class _Steps(dict[str, list[tuple[Doing, Any]]]):
    """What is done at each kind of event, in all groups; worked out when it is first asked for."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        super().__init__()
        self._batches = batches

    def __missing__(self, topic: str) -> list[tuple[Doing, Any]]:
        if any(topic in batch.group.barriers for batch in self._batches):
            return [(self._at_barrier, None)]
        self[topic] = [
            (folding, batch.changes())
            for batch in self._batches
            if (folding := batch.group.folding(topic, batch.encoded)) is not None
        ]
        return self[topic]

    def _at_barrier(self, row: tuple[Any, ...], _: object) -> None:
        for batch in self._batches:
            batch.acted_on_at(row)
        self.clear()
