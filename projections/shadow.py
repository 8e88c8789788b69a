"""The physical tables of a group: making them, giving them indexes, and swapping shadows for live ones."""

import sqlalchemy as sa

from workledger.projections.group import Group
from workledger.projections.table import Table
from workledger.projections.tables import Bulk

SHADOW = "__shadow"
SCRATCH = "__scratch"


def make(connection: sa.Connection, group: Group, suffix: str = "", *, indexed: bool = True) -> None:
    """The group's tables, new and empty."""
    drop(connection, group, suffix)
    for table in group.tables:
        table.named(table.NAME + suffix).create(connection)
    if indexed:
        index(connection, group, suffix)


def index(connection: sa.Connection, group: Group, suffix: str = "") -> None:
    """The group's secondary indexes; their names say which making of the table they belong to."""
    inspector = sa.inspect(connection)
    for table in group.tables:
        if inspector.get_indexes(table.NAME + suffix):
            continue  # made before a rebuild was interrupted
        turn = _turn(inspector, table)
        for at, columns in enumerate(table.INDEXES):
            unique = "unique " if columns.startswith("unique ") else ""
            connection.exec_driver_sql(
                f'create {unique}index "{table.NAME}_{at}{turn}" on "{table.NAME}{suffix}" '
                f"({columns.removeprefix('unique ')})"
            )


def swap(connection: sa.Connection, bulk: Bulk, group: Group) -> None:
    """The shadow tables take the place of the live ones, in this transaction."""
    there = sa.inspect(connection).get_table_names()
    bulk.keep_readers_out(connection, [table.NAME for table in group.tables if table.NAME in there])
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}"')
        connection.exec_driver_sql(f'alter table "{table.NAME}{SHADOW}" rename to "{table.NAME}"')


def drop(connection: sa.Connection, group: Group, suffix: str) -> None:
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}{suffix}"')


def _turn(inspector: sa.Inspector, table: type[Table]) -> str:
    """The letter that no making of the table uses: their indexes are the same, and need names of their own."""
    taken = {
        str(index["name"])[-1]
        for name in (table.NAME, table.NAME + SHADOW, table.NAME + SCRATCH)
        if inspector.has_table(name)
        for index in inspector.get_indexes(name)
    }
    return next(turn for turn in "abc" if turn not in taken)
