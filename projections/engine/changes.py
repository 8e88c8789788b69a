"""The changes of a batch to one table, row by row: each row is written once, however many events touch it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from workledger.projections.engine.rules import ABSENT
from workledger.projections.engine.table import Change, Table

Values = list[Any]
"""A row: a value for each column (ABSENT where it is not set), then the amounts to add (see Table.AMOUNT_AT)."""


class Changes(NamedTuple):
    """Rows of one table that are inserted, updated or deleted, by key; fold functions write into it.

    A key that is both gone and new is deleted first and then inserted.
    """

    new: dict[Any, Values]
    changed: dict[Any, Values]
    gone: dict[Any, None]

    @classmethod
    def none(cls) -> "Changes":
        return cls({}, {}, {})

    @property
    def some(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.new or self.changed or self.gone)


def blank(table: type[Table]) -> Values:
    """A row in which no column is set and nothing is added."""
    return [ABSENT] * len(table.COLUMNS) + [0] * len(table.AMOUNT_AT)


def row_to_change(table: type[Table], changes: Changes, key: Any) -> Values | None:
    """The pending row with that key; None when the batch deleted it, and the table has events that begin a row."""
    new, changed, gone = changes
    row = new.get(key) or changed.get(key)
    if row is None and not (table.BORN and key in gone):
        row = changed[key] = blank(table)
    return row


def apply(table: type[Table], changes: Changes, change: Change, as_json: Callable[[Any], Any]) -> None:
    """Fold in a change that a plain function asks for (see Table.FOLDS).

    Args:
        as_json: makes of a value what a JSON column stores.
    """
    if change.gone:
        changes.new.pop(change.key, None)
        changes.changed.pop(change.key, None)
        changes.gone[change.key] = None
        return
    row = row_to_change(table, changes, change.key)
    if row is not None:
        for name, value in change.set.items():
            row[table.AT[name]] = as_json(value) if table.COLUMNS[name].is_json else value
        for name, amount in change.add.items():
            row[table.AMOUNT_AT[name]] += amount


def key_values(key: Any) -> tuple[Any, ...]:
    """The values of the key columns: a key of one column is the bare value."""
    return key if isinstance(key, tuple) else (key,)


def insert_values(table: type[Table], row: Values) -> Values:
    """A new row's values in the order of the columns, with what was added; a sum that nothing was added to is 0."""
    width = len(table.COLUMNS)
    if len(row) > width:
        for name, at in table.AMOUNT_AT.items():
            column = table.AT[name]
            row[column] = (row[column] or 0) + row[at]
        row = row[:width]
    return row


def merge_amounts(table: type[Table], row: Values) -> Values:
    """A changed row in which no column is both set and added to: the sum is set instead."""
    for name, at in table.AMOUNT_AT.items():
        column = table.AT[name]
        if row[at] and row[column] is not ABSENT:
            row[column], row[at] = (row[column] or 0) + row[at], 0
    return row


def changed_columns(table: type[Table], row: Values) -> tuple[Sequence[str], Sequence[str]]:
    """The columns that a changed row sets, and those that it adds to."""
    sets = tuple(name for name, at in table.AT.items() if row[at] is not ABSENT and name not in table.KEY)
    return sets, tuple(name for name, at in table.AMOUNT_AT.items() if row[at])
