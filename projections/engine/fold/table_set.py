"""One side of a group: its live tables, or the shadow they are rebuilt in. What batches come to is written to one."""

from collections.abc import Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.fold.batch import Batch, Part, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.payloads import upcast
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import Bulk

PAGE = 500
"""Keys named in one statement."""


class Side:
    """A group's tables in one transaction.

    Args:
        suffix: of the physical tables: none for the live ones.
    """

    def __init__(self, connection: sa.Connection, bulk: Bulk, group: Group, suffix: str = "") -> None:
        self.connection, self._bulk, self._group, self._suffix = connection, bulk, group, suffix

    @property
    def encoded(self) -> bool:
        """Whether payloads are bytes."""
        return self._bulk.encoded

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """What is raised when an event cannot be folded, or does not fit the tables."""
        return (Unfoldable, *self._bulk.faults)

    def __getitem__(self, table: type[Table]) -> sa.Table:
        return table.named(table.NAME + self._suffix)

    def apply(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Fold events into the tables, in the order of the log.

        Raises:
            Unfoldable: one of them cannot be folded; nothing is written.
        """
        batch = Batch(self._group, self.encoded)
        fold([batch], rows)
        self.write(batch.parts)

    def write(self, parts: Sequence[Part]) -> None:
        """Write what a batch came to."""
        for part in parts:
            if isinstance(part, Scanned):
                self._at_barrier(part)
                continue
            for table, changes in zip(self._group.tables, part, strict=True):
                name = table.NAME + self._suffix
                if changes.gone:
                    self._bulk.delete(self.connection, table, name, changes.gone)
                if changes.new:
                    self._bulk.insert(self.connection, table, name, changes.new.values())
                if changes.changed:
                    self._bulk.change(self.connection, table, name, changes.changed)

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

    def _at_barrier(self, row: Scanned) -> None:
        steps = self._group.plan[row.topic]
        for step in steps.steps:
            if step.dies and step.table.NAME in self._group.children:
                self.remove(step.table, self[step.table].c[step.table.KEY[0]] == row.stream_id.partition("-")[2])
        if not steps.barriers:
            return
        try:
            data = row.data
            if row.schema_version != steps.event.VERSION:
                data = upcast(steps.event, data, row.schema_version)
            payload = orjson.loads(data)
            for barrier in steps.barriers:
                barrier(self, payload)
        except sa.exc.SQLAlchemyError:
            raise
        except Exception as error:
            raise Unfoldable(row, error) from error
