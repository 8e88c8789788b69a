"""The ledger's database in PostgreSQL: appends take their turn, so positions become visible in their order."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa

from workledger.adapters.append import Writing
from workledger.adapters.database import unknown
from workledger.adapters.factory import DatabaseFactory
from workledger.adapters.postgres.bulk import PostgresBulk
from workledger.adapters.schema import COLUMNS

TURN = "select pg_advisory_xact_lock(1464615268, hashtext(current_schema()))"
"""Appends of one ledger wait for each other until they are committed."""
MAKING = "select pg_advisory_xact_lock(1464615269, hashtext(current_schema()))"

MANY = 10
"""Events that COPY is faster for than INSERT."""

KEPT = """
create or replace function workledger_events_are_kept() returns trigger language plpgsql as $$
begin
  if exists (select 1 from workledger where key = 'erasing') then return old; end if;
  raise exception 'events are never changed or deleted';
end $$;
create or replace trigger events_are_kept before update or delete on events
  for each row execute function workledger_events_are_kept();
create or replace trigger events_are_not_truncated before truncate on events
  for each statement execute function workledger_events_are_kept();
"""


class PostgresFactory(DatabaseFactory):
    """`postgresql://user@host/database`, with libpq's parameters after a question mark."""

    bulk = PostgresBulk()

    def connect(self, url: str) -> sa.Engine:
        try:
            parsed = sa.make_url(url).set(drivername="postgresql+psycopg")
        except (sa.exc.ArgumentError, ValueError):
            raise unknown(url) from None
        return sa.create_engine(parsed, pool_size=16, max_overflow=48, pool_pre_ping=True)

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            with driver.transaction():
                writing = PostgresWriting(driver)
                writing.run(TURN)
                yield writing

    def exclusively(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(MAKING)

    def protect(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(KEPT)


class PostgresWriting(Writing):
    def __init__(self, connection: Any) -> None:
        self._cursor = connection.cursor()

    def run(self, statement: str, *parameters: object) -> list[Any]:
        self._cursor.execute(_marked(statement), parameters)
        return list(self._cursor.fetchall()) if self._cursor.description else []

    def draw(self, count: int) -> range:
        drawn = self.run("select nextval('events_position_seq') from generate_series(1, ?)", count)
        return range(drawn[0][0], drawn[-1][0] + 1)

    def insert(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if len(rows) < MANY:
            marks = ", ".join(["%s"] * len(COLUMNS))
            self._cursor.executemany(f"insert into events values ({marks})", rows)  # noqa: S608
            return
        with self._cursor.copy("copy events from stdin") as copy:
            for row in rows:
                copy.write_row(row)


@cache
def _marked(statement: str) -> str:
    return statement.replace("?", "%s")
