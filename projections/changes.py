"""What a batch of events comes to in one table: each row is written once, however many events touched it."""

from collections.abc import Mapping
from typing import Any

from workledger.domain.recorded import Row
from workledger.projections.plan import Payload, Step, Tags
from workledger.projections.table import ABSENT, Change, Table

ADD = "+"
"""Marks a column whose value is added to what is there."""


class Changes:
    """Rows of one table that are new, changed or gone, by key.

    A value under `+column` is added to the column; under `column` it replaces it.
    """

    __slots__ = ("changed", "gone", "new", "table")

    def __init__(self, table: type[Table]) -> None:
        self.table = table
        self.new: dict[Any, dict[str, Any]] = {}
        self.changed: dict[Any, dict[str, Any]] = {}
        self.gone: dict[Any, None] = {}

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone)

    def take(self, step: Step, row: Row, data: Payload, tags: Tags) -> None:
        """Fold one event into the row it is about."""
        key = step.key(row, data, tags)
        if key is None:
            return
        if step.dies:
            self._let_go(key)
            return
        target = self._born(key) if step.born else self._row(key)
        if target is None:
            return
        for name, value in step.sets:
            made = value(row, data, tags)
            if made is not ABSENT:
                target[name] = made
                target.pop(ADD + name, None)
        for name, value in step.adds:
            _add(target, name, value(row, data, tags))

    def apply(self, change: Change) -> None:
        """Fold in what a plain function asked for."""
        if change.gone:
            self._let_go(change.key)
            return
        target = self._row(change.key)
        if target is not None:
            target.update(change.set)
            for name, amount in change.add.items():
                _add(target, name, amount)

    def clear(self) -> None:
        self.new, self.changed, self.gone = {}, {}, {}

    def _born(self, key: Any) -> dict[str, Any]:
        row = self.new[key] = dict(zip(self.table.KEY, key if isinstance(key, tuple) else (key,), strict=False))
        return row

    def _row(self, key: Any) -> dict[str, Any] | None:
        if key in self.new:
            return self.new[key]
        if key in self.gone and self.table.BORN:
            return None
        return self.changed.setdefault(key, {})

    def _let_go(self, key: Any) -> None:
        self.new.pop(key, None)
        self.changed.pop(key, None)
        self.gone[key] = None


def _add(target: dict[str, Any], name: str, amount: int) -> None:
    if name in target:
        target[name] = (target[name] or 0) + amount
    else:
        target[ADD + name] = target.get(ADD + name, 0) + amount


def split(row: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that a change sets, and those that it adds to."""
    sets = tuple(name for name in row if not name.startswith(ADD))
    return sets, tuple(name[1:] for name in row if name.startswith(ADD))
