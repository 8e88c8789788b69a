"""A table set: the physical tables of a group, live, shadow or scratch, to which batches are written."""

from collections.abc import Sequence

import sqlalchemy as sa

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.fold.batch import Batch, Part, Rows, Unfoldable, fold
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.payloads import load
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import Bulk, write

PAGE = 500
"""Keys named in one statement."""


class TableSet:
    """A group's physical tables in one transaction; `table_set[Tasks]` is one of them.

    Args:
        suffix: of their names; none for the live ones (see rebuild/shadow.py).
    """

    def __init__(self, connection: sa.Connection, bulk: Bulk, group: Group, suffix: str = "") -> None:
        self.connection, self._bulk, self._group, self._suffix = connection, bulk, group, suffix

    @property
    def encoded(self) -> bool:
        """Whether payloads are bytes."""
        return self._bulk.encoded

    @property
    def faults(self) -> tuple[type[Exception], ...]:
        """The errors of an event that cannot be folded, or whose values do not fit the tables."""
        return (Unfoldable, *self._bulk.faults)

    def __getitem__(self, table: type[Table]) -> sa.Table:
        return table.named(table.NAME + self._suffix)

    def apply(self, rows: Rows) -> None:
        """Fold events and write them, in the order of the log.

        Raises:
            Unfoldable: one of them cannot be folded; nothing is written.
        """
        batch = Batch(self._group, self.encoded)
        fold([batch], rows)
        self.write(batch.parts)

    def write(self, parts: Sequence[Part]) -> None:
        """Write the parts of a batch."""
        for part in parts:
            if isinstance(part, Scanned):
                self._act(part)
                continue
            for table, changes in zip(self._group.tables, part, strict=True):
                write(self._bulk, self.connection, table, table.NAME + self._suffix, changes)

    def delete(self, table: type[Table], where: sa.ColumnElement[bool]) -> None:
        """Delete rows, and carry that through the references to them: cascade, or set to null (domain.md 3.5)."""
        physical = self[table]
        deleted = self.connection.execute(physical.delete().where(where).returning(*physical.c)).mappings().all()
        ids = [row[table.KEY[0]] for row in deleted]
        for start in range(0, len(ids), PAGE):
            for child, column, on_delete in self._group.children.get(table.NAME, ()):
                pointing = self[child].c[column].in_(ids[start : start + PAGE])
                if on_delete == "cascade":
                    self.delete(child, pointing)
                else:
                    self.connection.execute(self[child].update().where(pointing).values({column: None}))
        if deleted:
            table.removed(self, [dict(row) for row in deleted])

    def _act(self, row: Scanned) -> None:
        """What a barrier does to the tables themselves."""
        plan = self._group.plan[row.topic]
        for effect in plan.effects:
            if effect.dies and effect.table.NAME in self._group.children:
                self.delete(effect.table, self[effect.table].c[effect.table.KEY[0]] == row.stream_id.partition("-")[2])
        if not plan.barriers:
            return
        try:
            payload = load(plan.event, row.data, row.schema_version)
            for barrier in plan.barriers:
                barrier(self, row, payload)
        except sa.exc.SQLAlchemyError:
            raise  # the database's error, which the caller tells from a fault of the event
        except Exception as error:
            raise Unfoldable(row, error) from error
