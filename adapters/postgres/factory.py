"""The ledger's database in PostgreSQL."""

import secrets
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import ApplicationRecorder

from workledger.adapters.backup import OnCopied
from workledger.adapters.factory import DatabaseFactory
from workledger.adapters.own_transaction.store import OwnConnection
from workledger.adapters.postgres.backup import dump
from workledger.adapters.postgres.bulk import PostgresBulk
from workledger.adapters.postgres.own_transaction import PostgresTransaction
from workledger.adapters.postgres.place import Home
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.adapters.postgres.store import PostgresStore
from workledger.adapters.postgres.url import postgres_url
from workledger.adapters.postgres.wakeups import Wakeups
from workledger.adapters.postgres.watermark import Watermark

MAKING = "select pg_advisory_xact_lock(1464615269, hashtext(current_schema()))"

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

GREETING = "select pg_backend_pid(), extract(epoch from pg_postmaster_start_time())::text"
TAGS = "create index if not exists events_tags on events using gin (tags jsonb_path_ops)"
APPEND = Path(__file__).with_name("append_v3.sql").read_text()


class PostgresFactory(DatabaseFactory):
    """`postgresql://user@host/database`, with libpq's parameters after a question mark."""

    def connect(self, url: str) -> sa.Engine:
        parsed = postgres_url(url)
        self._pool = ConnectionPool(lambda: self._connection(engine), read_only=self.read_only)
        self._home = Home(self._pool)
        self.bulk = PostgresBulk(self._pool)
        self._watermark = Watermark(self._pool)
        self.wakeups = Wakeups(
            lambda: self._connection(engine), lambda: not self._pool.capabilities.prepare, self._watermark.settle
        )
        engine = sa.create_engine(
            parsed, pool_size=16, max_overflow=48, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
        sa.event.listen(engine, "connect", self._greet)
        sa.event.listen(engine, "begin", self._begin)
        return engine

    def exclusively(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(MAKING)

    def protect(self, connection: sa.Connection) -> None:
        connection.exec_driver_sql(KEPT)
        connection.exec_driver_sql(TAGS)
        connection.connection.cursor().execute(APPEND)

    def upgrade_1_2(self, connection: sa.Connection) -> None:
        """Appends are a function of the database; events are found by topic and by tag."""
        connection.exec_driver_sql("alter table events alter column tags type jsonb using tags::jsonb")

    def application_recorder(self) -> ApplicationRecorder:
        return PostgresStore(self.engine, self._pool, self._watermark)

    def own_transaction(self, connection: OwnConnection) -> PostgresTransaction:
        return PostgresTransaction(connection, self._home)

    def backup(self, path: Path, on_copied: OnCopied) -> None:
        self._pool.check()
        dump(self.engine.url, path)

    def close(self) -> None:
        super().close()
        self._pool.end()

    def _connection(self, engine: sa.Engine) -> psycopg.Connection[Any]:
        """Each has a name of its own, by which the server can be asked to end it."""
        args, options = engine.dialect.create_connect_args(engine.url)
        name = f"{str(options.get('application_name', 'workledger'))[:40]} {secrets.token_hex(8)}"
        options.update(application_name=name, autocommit=True, client_encoding="utf8")
        connection: psycopg.Connection[Any] = psycopg.connect(*args, **options)
        self._greet(connection)
        if self._pool.capabilities.prepare:
            connection.execute("set enable_seqscan = off")  # a prepared plan is kept when the tables have grown
        return connection

    def _begin(self, connection: sa.Connection) -> None:
        self._pool.check(writing=connection.get_execution_options().get("writing", False))

    def _greet(self, connection: Any, record: object = None) -> None:
        """Learn which server it leads to, and whether through a pooler: a pooler shows a process id of its own, and
        may give each transaction to another connection, where nothing is prepared."""
        with connection.cursor() as cursor:
            pid, server = cursor.execute(GREETING).fetchone()
        connection.rollback()
        self._pool.capabilities.server = server
        if pid != connection.info.backend_pid:
            self._pool.capabilities.prepare, connection.prepare_threshold = False, None
