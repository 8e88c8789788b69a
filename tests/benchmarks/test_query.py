"""Pages of boards, histories and logs: 100,000 tasks, a million commits, two million chunks; and a tenth of that."""

import pytest

from workledger.api.benchmarks.query import query

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]
PAGES = ("board", "commit history", "agent log tail")


def test_queries_on_postgresql(bench: Bench) -> None:
    figures = query(bench.setting("postgres", 1_000_000))
    bench.tell(figures)
    quick = {f"{page}, p99 ms": 5.0 for page in PAGES}
    check(figures, most=quick | {f"{page}, times for ten times the data": 1.3 for page in PAGES})


def test_queries_on_sqlite(bench: Bench) -> None:
    bench.tell(query(bench.setting("sqlite", 100_000)))
