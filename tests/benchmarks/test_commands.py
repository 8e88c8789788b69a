"""What an app waits for: commands beside the bare append and the stock Application, small answers of the service."""

import pytest

from workledger.api.benchmarks.commands import commands
from workledger.api.benchmarks.http import http_requests

from .conftest import Bench, check

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]
CALLS = 3000


def test_commands_on_postgresql(bench: Bench) -> None:
    figures = commands(bench.setting("postgres", CALLS))
    bench.tell(figures)
    check(figures, {("edit", "limit"): 0.5, ("edit", "stock"): 1.5, ("get", "stock"): 3.0})


def test_commands_on_sqlite(bench: Bench) -> None:
    figures = commands(bench.setting("sqlite", CALLS))
    bench.tell(figures)
    check(figures, {("edit", "limit"): 0.5, ("edit", "stock"): 1.2, ("get", "stock"): 3.0})


@pytest.mark.parametrize("database", ["postgres", "sqlite"])
def test_the_service(bench: Bench, database: str) -> None:
    figures = http_requests(bench.setting(database, CALLS))
    bench.tell(figures)
    check(figures, most={"GET a task, p50 ms": 2.0, "POST a command, p50 ms": 6.0, "idle, % of a core": 1.0})
