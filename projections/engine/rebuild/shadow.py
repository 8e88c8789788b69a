"""The physical tables of a group: making them, giving them indexes, and swapping shadows for live ones and back."""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import Bulk, ReadTables

SHADOW = "__shadow"
SCRATCH = "__scratch"
OLD = "__old"
"""The tables that were live before the last rebuild: what `undo` brings back, and the next rebuild drops."""


class NotIndexable(Exception):
    """A row of that table has a value that an index does not take."""


def make(connection: Connection, group: Group, suffix: str = "", *, indexed: bool = True) -> None:
    """The group's tables, new and empty; what is unique is so from the start, other indexes may come later."""
    drop(connection, group, suffix)
    for table in group.tables:
        table.named(table.NAME + suffix).create(connection)
        _index(connection, table, suffix, only_unique=not indexed)


def index(
    tables: ReadTables, groups: Sequence[Group], suffix: str = "", check: Callable[[], None] = lambda: None
) -> None:
    """The secondary indexes of groups, table by table, `check` called before each; those that are there are left.

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
    """The shadow tables take the place of the live ones, which are kept as old ones, in this transaction.

    Raises:
        ReadersStay: somebody does not stop reading them.
    """
    there = _kept_to_us(connection, bulk, groups)
    for group in groups:
        drop(connection, group, OLD)
        for table in group.tables:
            if table.NAME in there:
                _rename(connection, table.NAME, table.NAME + OLD)
            _rename(connection, table.NAME + SHADOW, table.NAME)


def swap_back(connection: Connection, bulk: Bulk, groups: Sequence[Group]) -> None:
    """The old tables take the place of the live ones, which are kept as old ones in turn.

    Raises:
        ReadersStay: somebody does not stop reading them.
    """
    there = _kept_to_us(connection, bulk, groups)
    for table in [table for group in groups for table in group.tables]:
        if table.NAME in there:
            _rename(connection, table.NAME, table.NAME + SCRATCH + OLD)
        if table.NAME + OLD in there:
            _rename(connection, table.NAME + OLD, table.NAME)
        if table.NAME in there:
            _rename(connection, table.NAME + SCRATCH + OLD, table.NAME + OLD)


def drop(connection: Connection, group: Group, suffix: str) -> None:
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}{suffix}"')


def _rename(connection: Connection, name: str, to: str) -> None:
    connection.exec_driver_sql(f'alter table "{name}" rename to "{to}"')


def _kept_to_us(connection: Connection, bulk: Bulk, groups: Sequence[Group]) -> set[str]:
    """The live and old tables that there are, with their readers kept out: of all groups at once, as one reader may
    read several."""
    names = [table.NAME + suffix for group in groups for table in group.tables for suffix in ("", OLD)]
    there = set(_inspected(connection).get_table_names()) & set(names)
    if there:
        bulk.keep_readers_out(connection, sorted(there))
    return there


def _index(connection: Connection, table: type[Table], suffix: str, *, only_unique: bool = False) -> None:
    """Their names say which making of the table they belong to."""
    wanted = {at: one for at, one in enumerate(table.INDEXES) if one.startswith("unique ") or not only_unique}
    if not wanted:
        return
    inspector = _inspected(connection)
    there = {str(index["name"]) for index in inspector.get_indexes(table.NAME + suffix)}
    turn = next(iter(there))[-1] if there else _turn(inspector, table, suffix)
    for at, columns in wanted.items():
        name, unique = f"{table.NAME}_{at}{turn}", "unique " if columns.startswith("unique ") else ""
        if name not in there:
            what = f'create {unique}index "{name}" on "{table.NAME}{suffix}" ({columns.removeprefix("unique ")})'
            connection.exec_driver_sql(what)


def _inspected(connection: Connection) -> sa.Inspector:
    """What there is now. A connection to SQLite that has not looked for tables may not know what others have made."""
    inspector = sa.inspect(connection)
    inspector.get_table_names()
    return inspector


def _turn(inspector: sa.Inspector, table: type[Table], suffix: str) -> str:
    """The letter that no making of the table uses: their indexes are the same, and need names of their own.

    What is never swapped has a letter to itself, so that a rebuild and a verification do not choose the same one.
    """
    if suffix == SCRATCH:
        return "s"
    taken = {
        str(index["name"])[-1]
        for name in (table.NAME, table.NAME + SHADOW, table.NAME + OLD)
        if inspector.has_table(name)
        for index in inspector.get_indexes(name)
    }
    return next(turn for turn in "abc" if turn not in taken)
