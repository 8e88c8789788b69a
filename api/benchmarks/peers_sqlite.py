"""Peers on SQLite: the plain INSERT of the driver, and eventsourcing's own recorder, each in a file of its own."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

from workledger.api.benchmarks.peers import NAMES, plain, stock
from workledger.api.benchmarks.setting import Place
from workledger.api.benchmarks.writers import Contestant
from workledger.domain.kernel.store import Stored

PLAIN_FILE, STOCK_FILE, LIMIT_FILE = "plain.db", "stock.db", "limit.db"
OTHERS = ", ".join(NAMES)
MAKE = f"""
create table plain_events (
  position integer primary key autoincrement, stream_id text not null, version integer not null,
  {", ".join(NAMES[2:])}
);
create unique index plain_events_stream_version on plain_events (stream_id, version);
"""
PLAIN_FROM_OURS = f"insert into plain_events ({OTHERS}) select {OTHERS} from ours.events order by position"  # noqa: S608
STOCK_FROM_OURS = """
insert into stored_events
select lower(hex(randomblob(16))), version, topic, cast(data as blob) from ours.events order by position
"""
INSERT = f"insert into plain_events ({OTHERS}) values ({', '.join('?' * len(NAMES))})"  # noqa: S608


def lay(place: Place) -> None:
    """Make the peers' files, and copy our log into them."""
    _recorder(str(place.folder)).create_table()
    _lay(place, PLAIN_FILE, "pragma journal_mode = wal", *MAKE.split(";")[:2], PLAIN_FROM_OURS)
    _lay(place, STOCK_FILE, STOCK_FROM_OURS)
    _lay(place, LIMIT_FILE, "pragma journal_mode = wal", "create table payloads (data)")


def _lay(place: Place, file: str, *statements: str) -> None:
    connection = sqlite3.connect(place.folder / file)
    connection.execute("attach ? as ours", (place.file,))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def _recorder(folder: str) -> SQLiteApplicationRecorder:
    return SQLiteApplicationRecorder(SQLiteDatastore(str(Path(folder) / STOCK_FILE)))


class Inserts(Contestant):
    """One INSERT for each event, in the transaction of its batch; durable as ours are."""

    FILE, INSERT = PLAIN_FILE, INSERT

    def __init__(self, folder: str, number: int) -> None:
        self._connection = sqlite3.connect(Path(folder) / self.FILE, isolation_level=None, timeout=30)
        self._connection.execute("pragma synchronous = full")

    def made(self, batch: Sequence[Stored]) -> list[tuple[Any, ...]]:
        return [plain(event) for event in batch]

    def append(self, made: list[tuple[Any, ...]]) -> None:
        self._connection.execute("begin immediate")
        self._connection.executemany(self.INSERT, made)
        self._connection.execute("commit")


class Limit(Inserts):
    """The payloads alone, into a table without an index."""

    FILE, INSERT = LIMIT_FILE, "insert into payloads values (?)"

    def made(self, batch: Sequence[Stored]) -> list[tuple[Any, ...]]:
        return [(event.state.decode(),) for event in batch]


class Stock(Contestant):
    """SQLiteApplicationRecorder as it comes; it keeps id, version, topic and payload."""

    def __init__(self, folder: str, number: int) -> None:
        self._recorder = _recorder(folder)

    def made(self, batch: Sequence[Stored]) -> list[StoredEvent]:
        return stock(batch)

    def append(self, made: list[StoredEvent]) -> None:
        self._recorder.insert_events(made)
