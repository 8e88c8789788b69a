"""Peers on PostgreSQL: plain INSERT and COPY of psycopg, and eventsourcing's own recorder."""

from collections.abc import Sequence
from typing import Any

import psycopg
import sqlalchemy as sa
from eventsourcing.persistence import StoredEvent
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier, Placeholder

from workledger.adapters.schema import EVENTS
from workledger.api.benchmarks.peers import NAMES, plain, stock
from workledger.api.benchmarks.setting import Place, connected
from workledger.api.benchmarks.writers import Contestant
from workledger.domain.kernel.store import Stored

PLAIN_EVENTS = sa.Table(
    "plain_events",
    sa.MetaData(),
    *(sa.Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable) for one in EVENTS.columns),
    sa.Index("plain_events_stream_version", "stream_id", "version", unique=True),
)
"""The columns and types of our events, the key that positions them and the one that keeps streams in order; no more."""

COLUMNS = SQL(", ").join(map(Identifier, NAMES))
INSERT = SQL("insert into plain_events ({}) values ({})").format(COLUMNS, SQL(", ").join([Placeholder()] * len(NAMES)))
COPY = SQL("copy plain_events ({}) from stdin").format(COLUMNS)
MESSAGE = "select pg_logical_emit_message(true, 'workledger bench', %s)"
"""A transaction that writes so many bytes to the server's log, and nothing to a table."""

STOCK_FROM_OURS = """
insert into stored_events (originator_id, originator_version, topic, state)
select md5(stream_id)::uuid, version, topic, convert_to(data::text, 'UTF8') from events order by position
"""


def lay_plain(place: Place) -> None:
    """Make the plain table, and copy our log into it."""
    engine = sa.create_engine(sa.make_url(place.url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        PLAIN_EVENTS.metadata.create_all(connection)
    engine.dispose()
    with connected(place.url) as connection:
        connection.execute(
            SQL("insert into plain_events ({0}) select {0} from events order by position").format(COLUMNS)
        )
        connection.execute("vacuum analyze plain_events")


def lay_stock(place: Place) -> None:
    """Make the stock recorder's tables, and copy our log into them.

    Raises:
        ModuleNotFoundError: what the recorder needs is not installed.
    """
    from eventsourcing.postgres import PostgresApplicationRecorder

    recorder = PostgresApplicationRecorder(datastore(place.url))
    recorder.create_table()
    with connected(place.url) as connection:
        connection.execute(STOCK_FROM_OURS)
        connection.execute("vacuum analyze stored_events")
    recorder.datastore.close()


def datastore(url: str) -> Any:
    """The stock datastore with its own defaults."""
    from eventsourcing.postgres import PostgresDatastore

    given = conninfo_to_dict(url)
    return PostgresDatastore(
        dbname=str(given["dbname"]),
        host=str(given.get("host", "")),
        port=given.get("port") or 5432,
        user=str(given.get("user", "")),
        password=str(given.get("password", "")),
        schema=str(given.get("options", "")).partition("search_path=")[2],
    )


class Inserts(Contestant):
    """One prepared INSERT for each event; a batch is one transaction."""

    def __init__(self, url: str, number: int) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._cursor = self._connection.cursor()

    def made(self, batch: Sequence[Stored]) -> list[tuple[Any, ...]]:
        return [plain(event) for event in batch]

    def append(self, made: list[tuple[Any, ...]]) -> None:
        if len(made) == 1:
            self._cursor.execute(INSERT, made[0], prepare=True)
            return
        with self._connection.transaction():
            self._cursor.executemany(INSERT, made)


class Limit(Inserts):
    """One COPY for each batch, which is a transaction too; of one event, its payload in the server's log."""

    def append(self, made: list[tuple[Any, ...]]) -> None:
        if len(made) == 1:
            self._cursor.execute(MESSAGE, (made[0][-1],), prepare=True)
            return
        with self._cursor.copy(COPY) as copy:
            for row in made:
                copy.write_row(row)


class Stock(Contestant):
    """PostgresApplicationRecorder as it comes; it keeps id, version, topic and payload."""

    def __init__(self, url: str, number: int) -> None:
        from eventsourcing.postgres import PostgresApplicationRecorder

        self._recorder = PostgresApplicationRecorder(datastore(url))

    def made(self, batch: Sequence[Stored]) -> list[StoredEvent]:
        return stock(batch)

    def append(self, made: list[StoredEvent]) -> None:
        self._recorder.insert_events(made)
