"""The stock ProjectionRunner on PostgreSQL: eventsourcing's own way to keep a table up, one row for each stream."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent, datetime_now_with_tzinfo
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from workledger.api.benchmarks.peers import stream_uuid
from workledger.api.benchmarks.processes import Line
from workledger.domain.kernel.envelope import Row

APPEND = 50
"""Events that are stored at a time: a pipeline of much more than what a socket holds comes to a standstill."""

PATIENCE = 300.0


@dataclass(frozen=True)
class Happened(DomainEvent):
    topic: str
    data: str


class Record(Application[UUID]):
    """An application with nothing but its recorder."""


class View(PostgresTrackingRecorder):
    """Which version each stream has come to."""

    def __init__(self, datastore: Any, **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        table = Identifier(self.datastore.schema), Identifier("bench_view")
        self.sql_create_statements.append(
            SQL("create table if not exists {}.{} (id uuid primary key, version int, topic text)").format(*table)
        )
        self._upsert = SQL(
            "insert into {}.{} values (%s, %s, %s) on conflict (id) do update "
            "set version = excluded.version, topic = excluded.topic"
        ).format(*table)

    def write(self, event: Happened, tracking: Tracking) -> None:
        """The row and how far the log was read, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, (event.originator_id, event.originator_version, event.topic), prepare=True)
            self._insert_tracking(cursor, tracking)


class Following(Projection[View]):
    """Tells when each event was in the view."""

    SEEN: ClassVar[list[tuple[int, float]]] = []
    LAST: ClassVar[int] = 0
    DONE: ClassVar[threading.Event] = threading.Event()

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.write(domain_event, tracking)
        self.SEEN.append((tracking.notification_id, time.monotonic()))
        if tracking.notification_id == self.LAST:
            self.DONE.set()


def environment(url: str) -> dict[str, str]:
    """How eventsourcing is told of that database."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": given["dbname"],
        "POSTGRES_HOST": given.get("host", ""),
        "POSTGRES_PORT": given.get("port", "5432"),
        "POSTGRES_USER": given.get("user", ""),
        "POSTGRES_PASSWORD": given.get("password", ""),
        "POSTGRES_SCHEMA": given.get("options", "").partition("search_path=")[2],
    }


def caught_up(url: str, rows: list[Row]) -> float:
    """Seconds in which a new runner takes in events that were stored before it began."""
    record = Record(environment(url))
    streams: dict[str, UUID] = {}
    events = [happened(row, streams.setdefault(row.stream_id, uuid4())) for row in rows]
    for at in range(0, len(events), APPEND):
        record.recorder.insert_events([record.mapper.to_stored_event(one) for one in events[at : at + APPEND]])
    Following.LAST = record.recorder.max_notification_id() or 0
    record.close()
    started = time.perf_counter()
    with _runner(url):
        Following.DONE.wait(PATIENCE)
        return time.perf_counter() - started


def follow(line: Line, url: str) -> None:
    """As the projecting process of lag.py."""
    with _runner(url):
        line.say("following")
        last = line.hear()
        give_up = time.monotonic() + PATIENCE
        while (not Following.SEEN or Following.SEEN[-1][0] < last) and time.monotonic() < give_up:
            time.sleep(0.01)
    line.say(Following.SEEN)


def writing(url: str) -> Callable[[Row], tuple[int, float]]:
    """Stores one event as the stock application does; its position, and when it had."""
    record = Record(environment(url))

    def append(row: Row) -> tuple[int, float]:
        stored = record.mapper.to_stored_event(happened(row, stream_uuid(row.stream_id)))
        positions = record.recorder.insert_events([stored]) or [0]
        return positions[-1], time.monotonic()

    return append


def happened(row: Row, stream: UUID) -> Happened:
    """One of our events as one of theirs."""
    return Happened(stream, row.version, datetime_now_with_tzinfo(), row.topic, row.data)


def _runner(url: str) -> ProjectionRunner[Record, View]:
    return ProjectionRunner(application_class=Record, projection_class=Following, view_class=View, env=environment(url))
