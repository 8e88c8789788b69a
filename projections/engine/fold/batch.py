"""A batch: the changes that a group's fold functions make of some events, in memory, in the order to write them."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes
from workledger.projections.engine.fold.group import Group

Rows = Sequence[tuple[Any, ...]]
"""Events as Store.scan gives them: plain tuples in the order of Scanned."""

Part = tuple[Changes, ...] | Scanned
"""Changes of each table of the group, to be written together; or a barrier: an event that acts on the tables themselves
once everything before it is written."""

Handler = Callable[[tuple[Any, ...], Any], None]
"""(event, its second argument): a fold function with its changes, or the barrier handler with none."""


class Unfoldable(Exception):
    """An event whose fold function raised an error; nothing of its batch is written."""

    def __init__(self, row: Scanned, error: Exception) -> None:
        super().__init__(f"{row.topic} at {row.position}: {error!r}")
        self.row, self.error = row, error


@dataclass(slots=True)
class Batch:
    """The changes of one group.

    Attributes:
        encoded: payloads are bytes, not text.
        blocked_streams: streams that have dead letters: their events are deferred.
        parts: to be written in this order.
        deferred: events of blocked streams, left out; they become dead letters.
    """

    group: Group
    encoded: bool
    blocked_streams: Collection[str] = ()
    parts: list[Part] = field(default_factory=list)
    deferred: list[Scanned] = field(default_factory=list)

    def changes(self) -> tuple[Changes, ...]:
        """The changes that the next event is folded into: new ones after a barrier."""
        if not self.parts or isinstance(self.parts[-1], Scanned):
            self.parts.append(tuple(Changes.none() for _ in self.group.tables))
        changes = self.parts[-1]
        assert not isinstance(changes, Scanned)
        return changes

    def add_barrier(self, row: tuple[Any, ...]) -> None:
        """An event that is a barrier in some group, perhaps in this one."""
        if row[3] in self.group.barriers:
            self.parts.append(Scanned._make(row))
        function = self.group.fold_function(row[3], self.encoded)
        if function is not None:
            function(row, self.changes())

    def without_deferred(self, rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
        """The events that are folded; those of blocked streams that the group would fold are deferred instead."""
        for row in rows:
            if row[1] in self.blocked_streams and row[3] in self.group.plan:
                self.deferred.append(Scanned._make(row))
            else:
                yield row


def fold(batches: Collection[Batch], rows: Rows) -> None:
    """Fold events into the batches of several groups, in the order of the log.

    Raises:
        Unfoldable: the fold function of one of them raised an error.
    """
    # Groups without blocked streams, which is nearly always all of them, share one pass over the events.
    free = [batch for batch in batches if not batch.blocked_streams]
    if free:
        _fold(_Handlers(free), rows)
    for batch in batches:
        if batch.blocked_streams:
            _fold(_Handlers([batch]), batch.without_deferred(rows))


def _fold(handlers: "_Handlers", rows: Iterable[tuple[Any, ...]]) -> None:
    row: tuple[Any, ...] = ()
    try:
        for row in rows:
            for handler, argument in handlers[row[3]]:
                handler(row, argument)
    except Exception as error:
        raise Unfoldable(Scanned._make(row), error) from error


class _Handlers(dict[str, list[tuple[Handler, Any]]]):
    """The fold functions of a topic in all groups, with the changes they write into; looked up once for each topic."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        super().__init__()
        self._batches = batches

    def __missing__(self, topic: str) -> list[tuple[Handler, Any]]:
        if any(topic in batch.group.barriers for batch in self._batches):
            return [(self._barrier, None)]
        self[topic] = [
            (function, batch.changes())
            for batch in self._batches
            if (function := batch.group.fold_function(topic, batch.encoded)) is not None
        ]
        return self[topic]

    def _barrier(self, row: tuple[Any, ...], _: object) -> None:
        for batch in self._batches:
            batch.add_barrier(row)
        # What is cached here writes into changes from before the barrier.
        self.clear()
