"""Reads straight from the driver, without a transaction around one statement."""

from collections.abc import Sequence
from contextlib import closing
from typing import Any

import sqlalchemy as sa


def fetch(engine: sa.Engine, sql: str, arguments: Sequence[Any]) -> list[Any]:
    """The rows that a statement returns, on a connection of the engine, which keeps it prepared."""
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, arguments)
        return cursor.fetchall()  # type: ignore[return-value]
