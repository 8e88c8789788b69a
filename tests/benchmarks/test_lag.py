"""From commit to a read table, at 500 events a second."""

import pytest

from workledger.api.benchmarks.lag import lag

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
EVENTS = 10_000


def test_lag_on_postgresql(bench: Bench) -> None:
    figures = lag(bench.setting("postgres", EVENTS))
    bench.tell(figures)
    check(figures, most={"lag p50 ms": 5, "lag p99 ms": 25})


def test_lag_on_sqlite(bench: Bench) -> None:
    bench.tell(lag(bench.setting("sqlite", EVENTS)))
