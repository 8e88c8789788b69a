"""The physical tables of a group: created, indexed, swapped between shadow, live and old, and dropped."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.state import checkpoints, progress
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import Bulk, ReadTables

SHADOW = "__shadow"
"""The suffix of tables that a rebuild fills; live tables have none."""

SCRATCH = "__scratch"
"""The suffix of tables that a verification fills, and drops."""

OLD = "__old"
"""The suffix of tables that were live before the last rebuild: `undo` swaps them back, the next rebuild drops them."""


class NotIndexable(Exception):
    """A row of that table has a value that an index does not take."""


def create(connection: Connection, group: Group, suffix: str = "", *, indexed: bool = True) -> None:
    """Create a group's tables, empty, replacing any that exist; without `indexed`, only with their unique indexes."""
    drop(connection, group, suffix)
    for table in group.tables:
        table.named(table.NAME + suffix).create(connection)
        _index(connection, table, suffix, only_unique=not indexed)


def index(
    tables: ReadTables, groups: Sequence[Group], suffix: str = "", check: Callable[[], None] = lambda: None
) -> None:
    """Create the indexes that are missing, table by table; `check` is called before each table.

    Raises:
        NotIndexable: a row has a value that an index does not take.
    """
    for group in groups:
        for table in group.tables:
            check()
            try:
                with tables.writing() as connection:
                    tables.bulk.ready_to_index(connection)
                    _index(connection, table, suffix)
            except sa.exc.DBAPIError as error:
                if isinstance(error.orig, tables.bulk.faults):
                    raise NotIndexable(table.NAME) from error
                raise


def swap(connection: Connection, bulk: Bulk, groups: Sequence[Group]) -> None:
    """Rename the live tables to old ones, and the shadow tables to live ones, in this transaction.

    Raises:
        ReadersStay: a reader of the live tables does not finish.
    """
    existing = _lock_out_readers(connection, bulk, groups)
    for group in groups:
        drop(connection, group, OLD)
        for table in group.tables:
            if table.NAME in existing:
                _rename(connection, table.NAME, table.NAME + OLD)
            _rename(connection, table.NAME + SHADOW, table.NAME)


def swap_back(connection: Connection, bulk: Bulk, groups: Sequence[Group]) -> None:
    """Exchange the names of the live tables and the old ones, in this transaction.

    Raises:
        ReadersStay: a reader of the live tables does not finish.
    """
    existing = _lock_out_readers(connection, bulk, groups)
    for table in [table for group in groups for table in group.tables]:
        if table.NAME in existing:
            _rename(connection, table.NAME, table.NAME + SCRATCH + OLD)
        if table.NAME + OLD in existing:
            _rename(connection, table.NAME + OLD, table.NAME)
        if table.NAME in existing:
            _rename(connection, table.NAME + SCRATCH + OLD, table.NAME + OLD)


def drop(connection: Connection, group: Group, suffix: str) -> None:
    """Drop a group's tables of that suffix, if they exist."""
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}{suffix}"')


def discard(tables: ReadTables, groups: Sequence[Group], suffix: str) -> None:
    """Drop groups' tables of that suffix, with their checkpoints and the progress of their rebuild."""
    with tables.writing() as connection:
        for group in groups:
            checkpoints.delete(connection, group.name + suffix)
            drop(connection, group, suffix)
            if suffix == SHADOW:
                progress.delete_unless_cancelled(connection, group.name)


def _rename(connection: Connection, name: str, to: str) -> None:
    connection.exec_driver_sql(f'alter table "{name}" rename to "{to}"')


def _lock_out_readers(connection: Connection, bulk: Bulk, groups: Sequence[Group]) -> set[str]:
    """The live and old tables that exist, locked against readers.

    All groups' at once: a reader of several that waited for one of them would hold the others up for us.
    """
    names = [table.NAME + suffix for group in groups for table in group.tables for suffix in ("", OLD)]
    existing = set(_inspector(connection).get_table_names()) & set(names)
    if existing:
        bulk.keep_readers_out(connection, sorted(existing))
    return existing


def _index(connection: Connection, table: type[Table], suffix: str, *, only_unique: bool = False) -> None:
    """Create the missing indexes of one table; their names end in the letter of its generation."""
    wanted = {at: one for at, one in enumerate(table.INDEXES) if one.startswith("unique ") or not only_unique}
    if not wanted:
        return
    inspector = _inspector(connection)
    existing = {str(index["name"]) for index in inspector.get_indexes(table.NAME + suffix)}
    generation = next(iter(existing))[-1] if existing else _generation(inspector, table, suffix)
    for at, columns in wanted.items():
        name, unique = f"{table.NAME}_{at}{generation}", "unique " if columns.startswith("unique ") else ""
        if name not in existing:
            on = f'on "{table.NAME}{suffix}" ({columns.removeprefix("unique ")})'
            connection.exec_driver_sql(f'create {unique}index "{name}" {on}')


def _inspector(connection: Connection) -> sa.Inspector:
    """An inspector that sees the tables of other connections: SQLite renews its cached schema only when a statement
    reads it."""
    inspector = sa.inspect(connection)
    inspector.get_table_names()
    return inspector


def _generation(inspector: sa.Inspector, table: type[Table], suffix: str) -> str:
    """A letter that no other generation of the table uses. Indexes keep their names when tables are renamed, and no two
    may have the same name.

    Scratch tables are never renamed, and have a letter of their own: a rebuild and a verification that run at once
    must not choose the same.
    """
    if suffix == SCRATCH:
        return "s"
    used = {
        str(index["name"])[-1]
        for name in (table.NAME, table.NAME + SHADOW, table.NAME + OLD)
        if inspector.has_table(name)
        for index in inspector.get_indexes(name)
    }
    return next(letter for letter in "abc" if letter not in used)
