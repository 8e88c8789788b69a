"""Appends, beside eventsourcing's own recorders on the same database in the same run."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import ApplicationRecorder, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore
from sqlalchemy import make_url

import workledger
from workledger.domain.ids import uuid7
from workledger.domain.store import Stored

from .conftest import Figures

pytestmark = pytest.mark.benchmark

EVENTS = 2000
STATE = b'{"title": "Fix the till", "board_column": "backlog", "rank": "a0", "labels": ["bug"]}'


@pytest.mark.parametrize("batch", [1, 100])
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_appends(request: pytest.FixtureRequest, tmp_path: Path, figures: Figures, database: str, batch: int) -> None:
    """One writer, streams of one event: medians of five."""
    url = request.getfixturevalue(f"{database}_url")
    case = f"{database}: append, {'one event' if batch == 1 else f'{batch} events'} at a time, events/s"
    with workledger.open(url) as ledger:
        theirs = _stock(database, url, tmp_path)
        figures.add(case, "workledger", _median(lambda: ledger.store.insert_events(_ours(batch)), batch))
        figures.add(case, "stock", _median(lambda: theirs.insert_events(_their_events(batch)), batch))


def _median(append: Callable[[], object], batch: int) -> float:
    return statistics.median(_rate(append, batch) for _ in range(5))


def _rate(append: Callable[[], object], batch: int) -> float:
    started = time.perf_counter()
    for _ in range(EVENTS // batch):
        append()
    return EVENTS / (time.perf_counter() - started)


def _ours(batch: int) -> list[Stored]:
    return [
        Stored(f"task-{uuid7()}", 1, "task.created", STATE, at="2026-11-21T06:00:00.000Z", event_id=uuid7())
        for _ in range(batch)
    ]


def _their_events(batch: int) -> list[StoredEvent]:
    return [StoredEvent(uuid4(), 1, "task.created", STATE) for _ in range(batch)]


def _stock(database: str, url: str, tmp_path: Path) -> ApplicationRecorder:
    if database == "sqlite":
        recorder = SQLiteApplicationRecorder(SQLiteDatastore(str(tmp_path / "stock.db")))
        recorder.create_table()
        return recorder
    parsed = make_url(url)
    datastore = PostgresDatastore(
        dbname=parsed.database or "", host=str(parsed.query["host"]), port=5432, user=parsed.username or "", password=""
    )
    stock = PostgresApplicationRecorder(datastore, events_table_name="stock_events")
    stock.create_table()
    return stock
