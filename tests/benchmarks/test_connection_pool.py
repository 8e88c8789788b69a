"""Our pool of connections to PostgreSQL beside psycopg's: to take one and put it back, and appends through each."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg_pool
import pytest

from support.stores import append, happened, opened
from workledger.adapters.postgres.connection import Connection
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.adapters.postgres.store import PostgresStore
from workledger.api.benchmarks.figures import OURS, Figures

from .conftest import Bench

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

TAKEN, APPENDS, ROUNDS = 20_000, 300, 31
POOL = "psycopg_pool"


class Other(ConnectionPool):
    """psycopg's pool behind the interface of ours."""

    def __init__(self, url: str) -> None:
        super().__init__(lambda: self.pool.getconn())
        self.pool = psycopg_pool.ConnectionPool(url, min_size=1, max_size=64, kwargs={"autocommit": True}, open=True)
        self._known: dict[int, Connection] = {}

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with self.pool.connection() as driver:
            yield self._known.setdefault(id(driver), Connection(driver, self.capabilities))


def taking(pool: ConnectionPool) -> float:
    """Microseconds in which a connection is taken and put back."""
    started = time.perf_counter()
    for _ in range(TAKEN):
        with pool.connection():
            pass
    return (time.perf_counter() - started) / TAKEN * 1e6


def appending(store: PostgresStore, stream: str) -> float:
    """Appends a second of one caller."""
    started = time.perf_counter()
    for version in range(1, APPENDS + 1):
        append(store, happened(stream, version))
    return APPENDS / (time.perf_counter() - started)


def test_a_pool_of_our_own_is_the_faster_one(postgres_store_url: str, bench: Bench) -> None:
    figures = Figures({"benchmark": "connection pool"})
    with opened(postgres_store_url) as ours, opened(postgres_store_url) as other:
        assert isinstance(ours, PostgresStore)
        assert isinstance(other, PostgresStore)
        other._pool = Other(postgres_store_url)
        for name, store in ((OURS, ours), (POOL, other)):
            figures.add("take and put back, us", name, taking(store._pool))
        pairs = [(appending(ours, f"ours-{turn}"), appending(other, f"other-{turn}")) for turn in range(ROUNDS)]
        figures.add("appends a second", OURS, statistics.median(one for one, _ in pairs))
        figures.add("appends a second", POOL, statistics.median(one for _, one in pairs))
        figures.add("appends, times ours", POOL, statistics.median(two / one for one, two in pairs))
        other._pool.pool.close()
    bench.tell(figures)
    assert figures.value("take and put back, us") < figures.value("take and put back, us", POOL)
