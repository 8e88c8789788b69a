"""One side of a group: its live tables, or the shadow they are rebuilt in. Events are folded into a side."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from workledger.domain.recorded import Row
from workledger.projections.changes import ADD, Changes, split
from workledger.projections.group import Group
from workledger.projections.table import Table
from workledger.projections.tables import Bulk

PAGE = 500
"""Keys named in one statement."""


class Side:
    """A group's tables in one transaction.

    Args:
        suffix: of the physical tables: none for the live ones.
    """

    def __init__(self, connection: sa.Connection, bulk: Bulk, group: Group, suffix: str = "") -> None:
        self.connection, self._bulk, self._group = connection, bulk, group
        self._physical = {table: table.named(table.NAME + suffix) for table in group.tables}
        self._changes = {table: Changes(table) for table in group.tables}

    def __getitem__(self, table: type[Table]) -> sa.Table:
        return self._physical[table]

    def apply(self, rows: Iterable[Row]) -> None:
        """Fold events into the tables, in the order of the log."""
        plan, barriers, changes = self._group.plan, self._group.barriers, self._changes
        for row in rows:
            steps = plan.get(row.topic)
            if steps is None:
                continue
            data, tags = orjson.loads(row.data), orjson.loads(row.tags)
            if row.schema_version != steps.event.VERSION:
                data = steps.event.upcast(data, row.schema_version)
            if row.topic in barriers:
                self._at_barrier(row, data, tags)
            for step in steps.steps:
                changes[step.table].take(step, row, data, tags)
            for table, fold in steps.folds:
                for change in fold(row, data, tags):
                    changes[table].apply(change)
        self.flush()

    def _at_barrier(self, row: Row, data: dict[str, Any], tags: dict[str, str]) -> None:
        self.flush()
        steps = self._group.plan[row.topic]
        for step in steps.steps:
            if step.dies:
                self.remove(step.table, self[step.table].c[step.table.KEY[0]] == step.key(row, data, tags))
        for barrier in steps.barriers:
            barrier(self, data)

    def flush(self) -> None:
        """Write what has been folded so far."""
        for table, changes in self._changes.items():
            if changes:
                self._write(table, changes)
                changes.clear()

    def remove(self, table: type[Table], where: sa.ColumnElement[bool]) -> None:
        """Delete rows with all that DOMAIN.md 3.5 says goes with them; references that only point are set to null."""
        physical = self[table]
        gone = self.connection.execute(physical.delete().where(where).returning(*physical.c)).mappings().all()
        ids = [row[table.KEY[0]] for row in gone]
        for start in range(0, len(ids), PAGE):
            for child, column, on_delete in self._group.children.get(table.NAME, ()):
                pointing = self[child].c[column].in_(ids[start : start + PAGE])
                if on_delete == "cascade":
                    self.remove(child, pointing)
                else:
                    self.connection.execute(self[child].update().where(pointing).values({column: None}))
        if gone:
            table.removed(self, [dict(row) for row in gone])

    def _write(self, table: type[Table], changes: Changes) -> None:
        physical, key = self[table], table.KEY
        if changes.gone:
            self._bulk.delete(self.connection, physical, key, [_tuple(one) for one in changes.gone])
        if changes.new:
            columns = tuple(table.COLUMNS)
            self._bulk.insert(self.connection, physical, columns, [_full(table, row) for row in changes.new.values()])
        for (sets, adds), rows in _alike(changes.changed).items():
            write = self._bulk.update if table.BORN else self._bulk.upsert
            write(self.connection, physical, key, sets, adds, rows)


def _tuple(key: Any) -> tuple[Any, ...]:
    return key if isinstance(key, tuple) else (key,)


def _full(table: type[Table], row: Mapping[str, Any]) -> list[Any]:
    """A new row's values in the order of the columns; what was never added to is 0."""
    return [
        row[name] if name in row else row.get(ADD + name, 0) if column.adds else None
        for name, column in table.COLUMNS.items()
    ]


def _alike(changed: Mapping[Any, Mapping[str, Any]]) -> dict[tuple[Sequence[str], Sequence[str]], list[list[Any]]]:
    """Changed rows by the columns that they set and add to."""
    alike: dict[tuple[Sequence[str], Sequence[str]], list[list[Any]]] = {}
    for key, row in changed.items():
        if row:
            sets, adds = split(row)
            values = [*_tuple(key), *(row[name] for name in sets), *(row[ADD + name] for name in adds)]
            alike.setdefault((sets, adds), []).append(values)
    return alike
