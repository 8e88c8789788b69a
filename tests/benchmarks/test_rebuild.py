"""Rebuilds of every read table, beside a loop that only reads and the stock runner, from logs of several sizes."""

import pytest

from workledger.api.benchmarks.rebuild import rebuild

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(7200)]

LARGE = 1_000_000
"""Events of a log whose rebuild is long enough that beginning and end do not count."""

MEMORY = {"rebuild, peak MB": 400}


def test_rebuilds_on_postgresql(bench: Bench, events: int) -> None:
    figures = rebuild(bench.setting("postgres", events))
    bench.tell(figures)
    check(figures, {("rebuild of agent logs", "plain"): 0.5} if events >= 100_000 else {}, most=MEMORY)
    if events >= LARGE:
        check(figures, {("rebuild", "stock"): 40, ("rebuild", "limit"): 0.25}, least={"rebuild": 80_000})


def test_rebuilds_on_sqlite(bench: Bench, events: int) -> None:
    figures = rebuild(bench.setting("sqlite", events))
    bench.tell(figures)
    check(figures, least={"rebuild": 80_000} if events >= LARGE else {}, most=MEMORY)
