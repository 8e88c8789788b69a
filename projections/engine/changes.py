"""What a batch of events comes to in one table: each row is written once, however many events touched it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from workledger.projections.engine.rules import ABSENT
from workledger.projections.engine.table import Change, Table

Values = list[Any]
"""A row: a value for each column (ABSENT where nothing was said), then the amounts to add (see Table.AMOUNT_AT)."""


class Changes(NamedTuple):
    """Rows of one table that are new, changed or gone, by key. Folds write into it (see compiler.py)."""

    new: dict[Any, Values]
    changed: dict[Any, Values]
    gone: dict[Any, None]

    @classmethod
    def none(cls) -> "Changes":
        return cls({}, {}, {})

    @property
    def some(self) -> bool:
        return bool(self.new or self.changed or self.gone)


def blank(table: type[Table]) -> Values:
    """A row that nothing has been said about."""
    return [ABSENT] * len(table.COLUMNS) + [0] * len(table.AMOUNT_AT)


def touched(table: type[Table], changes: Changes, key: Any) -> Values | None:
    """The row with that key, to be written to; None when it is gone."""
    new, changed, gone = changes
    row = new.get(key) or changed.get(key)
    if row is None and not (table.BORN and key in gone):
        row = changed[key] = blank(table)
    return row


def apply(table: type[Table], changes: Changes, change: Change) -> None:
    """Fold in what a plain function asked for."""
    if change.gone:
        changes.new.pop(change.key, None)
        changes.changed.pop(change.key, None)
        changes.gone[change.key] = None
        return
    row = touched(table, changes, change.key)
    if row is not None:
        for name, value in change.set.items():
            row[table.AT[name]] = value
        for name, amount in change.add.items():
            row[table.AMOUNT_AT[name]] += amount


def key_values(key: Any) -> tuple[Any, ...]:
    """The values of the key columns."""
    return key if isinstance(key, tuple) else (key,)


def whole(table: type[Table], row: Values) -> Values:
    """A new row's values in the order of the columns; what was never added to is 0."""
    width = len(table.COLUMNS)
    if len(row) > width:
        for name, at in table.AMOUNT_AT.items():
            column = table.AT[name]
            row[column] = (row[column] or 0) + row[at]
        row = row[:width]
    return row


def settled(table: type[Table], row: Values) -> Values:
    """A changed row in which no column is both set and added to."""
    for name, at in table.AMOUNT_AT.items():
        column = table.AT[name]
        if row[at] and row[column] is not ABSENT:
            row[column], row[at] = (row[column] or 0) + row[at], 0
    return row


def said(table: type[Table], row: Values) -> tuple[Sequence[str], Sequence[str]]:
    """The columns that a changed row sets, and those that it adds to."""
    sets = tuple(name for name, at in table.AT.items() if row[at] is not ABSENT and name not in table.KEY)
    return sets, tuple(name for name, at in table.AMOUNT_AT.items() if row[at])
