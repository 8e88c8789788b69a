"""The physical tables of a group: making them, giving them indexes, and swapping shadows for live ones and back."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy import Connection

from workledger.projections.group import Group
from workledger.projections.table import Table
from workledger.projections.tables import Bulk, ReadTables

SHADOW = "__shadow"
SCRATCH = "__scratch"
OLD = "__old"
"""The tables that were live before the last rebuild: what `undo` brings back, and the next rebuild drops."""


def make(connection: Connection, group: Group, suffix: str = "", *, indexed: bool = True) -> None:
    """The group's tables, new and empty."""
    drop(connection, group, suffix)
    for table in group.tables:
        table.named(table.NAME + suffix).create(connection)
        if indexed:
            _index(connection, table, suffix)


def index(tables: ReadTables, groups: Sequence[Group], suffix: str = "") -> None:
    """The secondary indexes of groups, table by table; those that are there already are left."""
    for group in groups:
        for table in group.tables:
            with tables.writing() as connection:
                tables.bulk.ready_to_index(connection)
                _index(connection, table, suffix)


def swap(connection: Connection, bulk: Bulk, group: Group) -> None:
    """The shadow tables take the place of the live ones, which are kept as old ones, in this transaction."""
    there = sa.inspect(connection).get_table_names()
    live = [table.NAME for table in group.tables if table.NAME in there]
    bulk.keep_readers_out(connection, live)
    drop(connection, group, OLD)
    for table in group.tables:
        if table.NAME in live:
            _rename(connection, table.NAME, table.NAME + OLD)
        _rename(connection, table.NAME + SHADOW, table.NAME)


def swap_back(connection: Connection, bulk: Bulk, group: Group) -> None:
    """The old tables take the place of the live ones, which are kept as old ones in turn."""
    there = sa.inspect(connection).get_table_names()
    bulk.keep_readers_out(connection, [table.NAME for table in group.tables if table.NAME in there])
    for table in group.tables:
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


def _index(connection: Connection, table: type[Table], suffix: str) -> None:
    """Their names say which making of the table they belong to."""
    inspector = sa.inspect(connection)
    if not table.INDEXES or inspector.get_indexes(table.NAME + suffix):
        return  # made before a rebuild was interrupted
    turn = _turn(inspector, table)
    for at, columns in enumerate(table.INDEXES):
        unique = "unique " if columns.startswith("unique ") else ""
        connection.exec_driver_sql(
            f'create {unique}index "{table.NAME}_{at}{turn}" on "{table.NAME}{suffix}" '
            f"({columns.removeprefix('unique ')})"
        )


def _turn(inspector: sa.Inspector, table: type[Table]) -> str:
    """The letter that no making of the table uses: their indexes are the same, and need names of their own."""
    taken = {
        str(index["name"])[-1]
        for name in (table.NAME, table.NAME + SHADOW, table.NAME + SCRATCH, table.NAME + OLD)
        if inspector.has_table(name)
        for index in inspector.get_indexes(name)
    }
    return next(turn for turn in "abcd" if turn not in taken)
