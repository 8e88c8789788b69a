"""Indexes: set aside while a table is filled, and made again afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

POSTGRES = """
select indexname, indexdef from pg_indexes
where tablename = '{}' and schemaname = current_schema() and indexname not like '%_pkey'
"""
SQLITE = "select name, sql from sqlite_master where type = 'index' and tbl_name = '{}' and sql is not null"


@contextmanager
def set_aside(connection: Any, table: str) -> Iterator[None]:
    """In the block, the table has its primary key only.

    Args:
        connection: the driver's own.
    """
    postgres = type(connection).__module__.startswith("psycopg")
    found = connection.execute((POSTGRES if postgres else SQLITE).format(table)).fetchall()
    for name, _ in found:
        connection.execute(f'drop index "{name}"')
    yield
    for _, definition in found:
        connection.execute(definition)
    connection.execute(f'{"vacuum analyze" if postgres else "analyze"} "{table}"')
