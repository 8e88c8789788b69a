"""Appends, beside the stock recorder, plain INSERT and COPY, and UmaDB, to logs of several sizes."""

import pytest

from workledger.api.benchmarks.append import append

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


def test_appends_to_postgresql(bench: Bench, events: int) -> None:
    figures = append(bench.setting("postgres", events))
    bench.tell(figures)
    check(
        figures,
        {
            ("1 writer", "plain"): 0.6,
            ("1 writer", "stock"): 2,
            ("8 writers", "plain"): 0.5,
            ("8 writers", "stock"): 2.5,
            ("batches of 100", "stock"): 1.3,
        },
    )


def test_appends_to_sqlite(bench: Bench, events: int) -> None:
    figures = append(bench.setting("sqlite", events))
    bench.tell(figures)
    check(figures, {("1 writer", "stock"): 0.8, ("batches of 100", "stock"): 0.7})
