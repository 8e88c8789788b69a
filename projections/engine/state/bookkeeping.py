"""The tables that the engine keeps about itself: checkpoints, dead letters, leases, rebuilds."""

import sqlalchemy as sa

METADATA = sa.MetaData()


def make(connection: sa.Connection) -> None:
    """Make those that are not there, and give those of an earlier release the columns that they lack."""
    METADATA.create_all(connection)
    inspector = sa.inspect(connection)
    for table in METADATA.sorted_tables:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                added = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f'alter table "{table.name}" add column {added}')


def complete(inspector: sa.Inspector) -> bool:
    """Whether all of them are there, with all their columns."""
    names = set(inspector.get_table_names())
    return all(
        table.name in names and {one["name"] for one in inspector.get_columns(table.name)} >= set(table.c.keys())
        for table in METADATA.sorted_tables
    )
