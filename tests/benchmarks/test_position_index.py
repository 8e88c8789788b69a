"""SQLite's position index beside what could replace it: appends of a hundred events, by what finds topics and tags."""

import statistics
import time
from itertools import islice
from pathlib import Path

import pytest

import workledger
from workledger.adapters.sqlite import position_index
from workledger.api.benchmarks import workload
from workledger.api.benchmarks.figures import OURS, Figures
from workledger.domain.kernel.store import Conditions, Stored

from .conftest import Bench

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

LOG, MORE, BATCH, ROUNDS = 100_000, 40_000, 100, 3
TAGS = ("project", "task", "agent", "run", "session")

KINDS = {
    "no index": [],
    OURS: [],
    "ordinary indexes": [
        "create index events_topic on events (topic, position)",
        *(
            f"create index events_{tag} on events (json_extract(tags, '$.{tag}'), position)"
            f" where json_extract(tags, '$.{tag}') is not null"
            for tag in TAGS
        ),
    ],
    "a table of tags": [
        "create index events_topic on events (topic, position)",
        "create table tags (name, id, position, primary key (name, id, position)) without rowid",
        "create trigger tagged after insert on events begin"
        " insert into tags select key, value, new.position from json_each(new.tags); end",
    ],
}
"""What is made in the database beside our tables."""


def rate(path: Path, kind: str, events: list[Stored], patch: pytest.MonkeyPatch) -> float:
    """Events appended in a second of CPU time, to a log that has LOG events."""
    if kind != OURS:
        patch.setattr(position_index, "extend", lambda cursor, last: None)
    with workledger.open(f"sqlite:///{path}") as ledger:
        with ledger.tables.writing() as connection:
            for statement in KINDS[kind]:
                connection.exec_driver_sql(statement)
        for at in range(0, LOG, 2000):
            ledger.store.insert_events(events[at : at + 2000], conditions=Conditions())
        started = time.process_time()
        for at in range(LOG, LOG + MORE, BATCH):
            ledger.store.insert_events(events[at : at + BATCH], conditions=Conditions())
        return MORE / (time.process_time() - started)


def test_appends_with_a_position_index_and_with_others(tmp_path: Path, bench: Bench) -> None:
    events = [
        Stored(row.stream_id, 0, row.topic, row.data.encode(), at=row.at, event_id=row.event_id, tags=row.tags)
        for row in islice(workload.rows("index", LOG + MORE), LOG + MORE)
    ]
    figures = Figures({"benchmark": "position index", "events": LOG})
    for kind in KINDS:
        rates = []
        for turn in range(ROUNDS):
            with pytest.MonkeyPatch.context() as patch:
                rates.append(rate(tmp_path / f"{kind} {turn}.db", kind, events, patch))
        figures.add("batches of 100, events a second of CPU", kind, statistics.median(rates))
    bench.tell(figures)
    ordinary = figures.value("batches of 100, events a second of CPU", "ordinary indexes")
    assert figures.value("batches of 100, events a second of CPU") > 1.5 * ordinary
