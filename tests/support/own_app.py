"""An app with a table of its own in the ledger's database, and a transaction for both, by each way to connect."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

ORDERS = "create table {}orders (id text primary key, who text)"
"""On PostgreSQL in the app's own schema, which its connections find their tables in; the ledger is in `public`."""

KINDS = ("sqlite3", "sqlalchemy on sqlite", "psycopg", "sqlalchemy on psycopg")


def make(url: str) -> None:
    """The app's table, in the ledger's database."""
    if url.startswith("sqlite"):
        with sqlite3.connect(path_of(url)) as connection:
            connection.execute(ORDERS.format(""))
        connection.close()
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create schema shop")
            connection.execute(ORDERS.format("shop."))


def path_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


class App:
    """A connection of the app's, and what it does on it whatever kind of connection it is."""

    def __init__(self, kind: str, url: str, **options: Any) -> None:
        self.kind, self._engine = kind, None
        if kind == "sqlite3":
            self.connection: Any = sqlite3.connect(path_of(url), **options)
        elif kind == "psycopg":
            options = {"row_factory": dict_row, "options": "-csearch_path=shop", **options}
            self.connection = psycopg.connect(url, **options)
        else:
            self._engine = sa.create_engine(
                url.replace("postgresql:", "postgresql+psycopg:"),
                connect_args={"options": "-csearch_path=shop"} if kind.endswith("psycopg") else {},
                poolclass=sa.NullPool,
                **options,
            )
            self.connection = self._engine.connect()

    def execute(self, statement: str) -> list[Any]:
        """Run a statement as the app would; its rows, whatever they are."""
        if isinstance(self.connection, sa.Connection):
            result = self.connection.exec_driver_sql(statement)
            return list(result) if result.returns_rows else []
        cursor = self.connection.execute(statement)
        return list(cursor) if cursor.description else []

    def order(self, id: str, who: str = "ann") -> None:
        """Write a row of the app's own."""
        self.execute(f"insert into orders values ('{id}', '{who}')")

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        self.connection.close()


@contextmanager
def connected(kind: str, url: str, **options: Any) -> Iterator[App]:
    app = App(kind, url, **options)
    try:
        yield app
    finally:
        app.close()


def orders(url: str) -> list[str]:
    """The ids of the orders that are committed."""
    kind = "sqlite3" if url.startswith("sqlite") else "psycopg"
    with connected(kind, url) as app:
        rows = app.execute("select id from orders order by id")
        return [row["id"] if isinstance(row, dict) else row[0] for row in rows]
