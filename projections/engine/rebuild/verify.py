"""Verifies read tables: the log is folded again into scratch tables, and every row compared with the live ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import OnProgress, Rebuild
from workledger.projections.engine.state import checkpoints
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table, memoised
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import JsonType, MomentType

SHOWN = 100
"""Differences listed for one table, at most."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the log says.

    Attributes:
        expected: the row that the log gives; None when there should be none.
        found: the row in the live table; None when there is none.
    """

    table: str
    key: tuple[Any, ...]
    expected: dict[str, Any] | None
    found: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of verifying one group.

    Attributes:
        position: at which the tables were compared.
        rows: how many the live tables have.
    """

    name: str
    position: int
    rows: int
    differences: list[Difference]


def verify(store: EventStore, tables: ReadTables, group: Group, on_progress: OnProgress | None = None) -> Verdict:
    """Compare a group's live tables with what its events fold to, at the position of its checkpoint.

    It blocks nobody: appends and the projector go on, while rows are compared in one snapshot of the database.

    Raises:
        RebuildUnderWay: REBUILD_UNDER_WAY, another process is verifying the group.
    """
    scratch = Rebuild(store, tables, group, suffix=shadow.SCRATCH, on_progress=on_progress)
    with scratch.exclusive():
        scratch.discard()
        try:
            while True:
                _catch_up(tables, group, scratch)
                if verdict := _compare(tables, group):
                    return verdict
        finally:
            scratch.discard()


def _catch_up(tables: ReadTables, group: Group, scratch: Rebuild) -> None:
    """Bring the scratch tables to the position of the live ones: the last step with the live checkpoint locked."""
    with tables.engine.connect() as connection:
        live = checkpoints.find(connection, group.name)
        built = checkpoints.find(connection, group.name + shadow.SCRATCH)
    if live is None or built is None or built.position > live.position:  # a rebuild was undone
        scratch.discard()
    scratch.build(live.position if live else 0)
    with tables.writing() as connection:
        live = checkpoints.find(connection, group.name, lock=True)
        built = checkpoints.find(connection, group.name + shadow.SCRATCH)
        assert live is not None
        assert built is not None
        scratch.fold_rest(connection, group, built, live.position)


def _compare(tables: ReadTables, group: Group) -> Verdict | None:
    """None when the projector has moved the live tables on since."""
    with tables.snapshot([table.NAME for table in group.tables]) as connection:
        live = checkpoints.find(connection, group.name)
        built = checkpoints.find(connection, group.name + shadow.SCRATCH)
        if live is None or built is None or live.position != built.position:
            return None
        differences: list[Difference] = []
        count = 0
        for table in group.tables:
            count += int(connection.scalar(sa.select(sa.func.count()).select_from(table.table)) or 0)
            expected = table.named(table.NAME + shadow.SCRATCH)
            differences += islice(_differences(connection, table, expected, tables.bulk.dialect), SHOWN)
        return Verdict(group.name, live.position, count, differences)


def _differences(
    connection: sa.Connection, table: type[Table], expected: sa.Table, dialect: sa.Dialect
) -> Iterator[Difference]:
    for key in connection.exec_driver_sql(_stray(table).plan(dialect).sql):
        yield Difference(
            table.NAME,
            tuple(key),
            _row(connection, expected, table, tuple(key)),
            _row(connection, table.table, table, tuple(key)),
        )


@memoised
def _stray(table: type[Table]) -> Statement[dict[str, Any]]:
    """The keys of rows that are in one of the two tables only, or not the same in both."""
    expected = table.named(table.NAME + shadow.SCRATCH)
    keys = [table.c[name] for name in table.KEY]
    stray = sa.union_all(
        sa.select(*_subset(expected, table, keys).c),
        sa.select(*_subset(table.table, table, keys, minus=expected).c),
    ).subquery()
    return Statement(sa.select(*stray.c).distinct().order_by(*stray.c))


def _subset(one: sa.Table, table: type[Table], keys: Any, minus: sa.Table | None = None) -> Any:
    """Keys of the rows in one table that are missing, or not the same, in the other."""
    other = table.table if minus is None else minus
    stray = sa.except_(sa.select(*_comparable(one)), sa.select(*_comparable(other))).subquery()
    return sa.select(*(stray.c[key.name] for key in keys)).subquery()


def _comparable(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns of a table; JSON as the text it is, as PostgreSQL cannot compare values of its type json."""
    return [sa.cast(one, sa.Text).label(one.name) if isinstance(one.type, JsonType) else one for one in table.c]


def _row(connection: sa.Connection, where: sa.Table, table: type[Table], key: tuple[Any, ...]) -> dict[str, Any] | None:
    """The row of that key."""
    # Not as a datetime: somebody may have tampered with it, and what cannot be parsed should be shown too.
    shown = (sa.type_coerce(one, sa.Text) if isinstance(one.type, MomentType) else one for one in where.c)
    chosen = sa.select(*shown).where(*(where.c[name] == part for name, part in zip(table.KEY, key, strict=True)))
    row = connection.execute(chosen).mappings().first()
    return None if row is None else dict(row)
