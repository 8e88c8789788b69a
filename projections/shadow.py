"""The physical tables of a group: making them, giving them indexes, and swapping shadows for live ones."""

import sqlalchemy as sa

from workledger.projections.group import Group
from workledger.projections.table import Table

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
    for table in group.tables:
        for at, columns in enumerate(table.INDEXES):
            unique = "unique " if columns.startswith("unique ") else ""
            name = _index_name(connection, table, at)
            connection.exec_driver_sql(
                f'create {unique}index "{name}" on "{table.NAME}{suffix}" ({columns.removeprefix("unique ")})'
            )


def swap(connection: sa.Connection, group: Group) -> None:
    """The shadow tables take the place of the live ones, in this transaction."""
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}"')
        connection.exec_driver_sql(f'alter table "{table.NAME}{SHADOW}" rename to "{table.NAME}"')


def drop(connection: sa.Connection, group: Group, suffix: str) -> None:
    for table in group.tables:
        connection.exec_driver_sql(f'drop table if exists "{table.NAME}{suffix}"')


def _index_name(connection: sa.Connection, table: type[Table], at: int) -> str:
    """Free: the live tables and their shadows have the same indexes, under two names in turn."""
    taken = {
        index["name"]
        for name in (table.NAME, table.NAME + SHADOW, table.NAME + SCRATCH)
        if sa.inspect(connection).has_table(name)
        for index in sa.inspect(connection).get_indexes(name)
    }
    return next(name for turn in "abc" if (name := f"{table.NAME}_{at}{turn}") not in taken)
