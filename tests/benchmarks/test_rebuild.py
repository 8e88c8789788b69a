"""Rebuilds of every read table from the log of a simulated team, and the loop that only reads and decodes."""

import time
from itertools import islice

import orjson
import pytest

import workledger
from workledger import Workledger
from workledger.adapters.simulation.history import record
from workledger.adapters.simulation.workload import events
from workledger.projections.rebuild import Rebuild

from .conftest import Figures

pytestmark = pytest.mark.benchmark
EVENTS = 30_000


@pytest.mark.timeout(600)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_rebuild(request: pytest.FixtureRequest, figures: Figures, database: str) -> None:
    with workledger.open(request.getfixturevalue(f"{database}_url")) as ledger:
        story = events(1, EVENTS)
        while batch := list(islice(story, 500)):
            record(ledger, batch)
        head = ledger.head()
        whole = 0.0
        for group in ledger.projector.groups:
            started = time.perf_counter()
            Rebuild(ledger.store, ledger.tables, group).run()
            taken = time.perf_counter() - started
            whole += taken
            figures.add(f"{database}: rebuild of {group.name}, events/s", "workledger", head / taken)
        figures.add(f"{database}: rebuild of all, events/s", "workledger", head / whole)
        figures.add(f"{database}: read and decode, events/s", "limit", head / _reading(ledger))


def _reading(ledger: Workledger) -> float:
    started, at = time.perf_counter(), 0
    while rows := ledger.store.read(at, 20_000):
        for row in rows:
            orjson.loads(row.data)
        at = rows[-1].position
    return time.perf_counter() - started
