"""The schema of the engine's own tables: checkpoints, dead letters, leases and rebuilds register theirs here."""

import sqlalchemy as sa

METADATA = sa.MetaData()


def create_missing(connection: sa.Connection) -> None:
    """Create the tables that are missing, and add the columns that those of an earlier release lack."""
    METADATA.create_all(connection)
    inspector = sa.inspect(connection)
    for table in METADATA.sorted_tables:
        existing = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in existing:
                added = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f'alter table "{table.name}" add column {added}')


def is_complete(inspector: sa.Inspector) -> bool:
    """Whether all tables exist, with all their columns."""
    names = set(inspector.get_table_names())
    return all(
        table.name in names and {one["name"] for one in inspector.get_columns(table.name)} >= set(table.c.keys())
        for table in METADATA.sorted_tables
    )
