"""A Codewalkers database made for a test, by its rows."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.codewalkers_schema import camelled, statements

BEGINNING = 1_760_000_000
"""Seconds since 1970 at which it begins."""


@dataclass
class Codewalkers:
    """A database.

    Args:
        camel: its columns are called `createdAt`, not `created_at`.
        milliseconds: its times count those, not seconds.
        rules: it declares keys, and refuses what breaks them.
    """

    path: Path
    camel: bool = False
    milliseconds: bool = False
    rules: bool = True

    def make(self) -> "Codewalkers":
        with self.connection() as connection:
            connection.executescript(statements(camel=self.camel, rules=self.rules))
        return self

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path)) as connection:
            if self.rules:
                connection.execute("pragma foreign_keys = on")
            yield connection
            connection.commit()

    def time(self, number: float) -> int:
        """A time, so many seconds after the beginning, as the database has it."""
        return int((BEGINNING + number) * 1000) if self.milliseconds else BEGINNING + int(number)

    def column(self, name: str) -> str:
        return camelled(name) if self.camel else name

    def insert(self, table: str, *rows: dict[str, Any]) -> None:
        with self.connection() as connection:
            self.insert_into(connection, table, rows)

    def insert_into(self, connection: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
        for row in rows:
            names = ", ".join(f'"{self.column(name)}"' for name in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f'insert into "{table}" ({names}) values ({marks})', tuple(row.values()))

    def update(self, table: str, id: str, **values: Any) -> None:
        with self.connection() as connection:
            sets = ", ".join(f'"{self.column(name)}" = ?' for name in values)
            changed = connection.execute(f'update "{table}" set {sets} where id = ?', (*values.values(), id))
            assert changed.rowcount == 1

    def rows(self, table: str) -> list[dict[str, Any]]:
        """All rows of a table, with the names of columns in snake case."""
        with self.connection() as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(f'select * from "{table}" order by rowid')]
        return [{_snake(name): value for name, value in row.items()} for row in found]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
