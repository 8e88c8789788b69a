import sqlite3
from pathlib import Path
from typing import Any

import pytest

from commandline.typed import Run, parsed, refusal
from workledger.api.benchmarks.figures import Figure

QUICKLY = ("--json", "--rounds", 1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workloads")


@pytest.fixture(autouse=True)
def workloads(monkeypatch: pytest.MonkeyPatch, kept: Path) -> None:
    """Workloads are kept for these tests only."""
    monkeypatch.setenv("WORKLEDGER_BENCH_CACHE", str(kept))


def cases(told: Any) -> set[tuple[str, str]]:
    assert all(row["value"] > 0 for row in told["rows"])
    for ratio in told["ratios"]:
        assert (ratio["case"], ratio["to"]) in {(row["case"], row["who"]) for row in told["rows"]}
    return {(row["case"], row["who"]) for row in told["rows"]}


def test_appends_are_measured_beside_the_peers(run: Run) -> None:
    told = parsed(run("bench", "append", "--events", 200, *QUICKLY))
    assert told["about"]["events"] == 200
    three = ("1 writer", "8 writers", "batches of 100")
    assert cases(told) >= {(case, who) for case in three for who in ("workledger", "stock", "plain", "limit")}


def test_rebuilds_are_measured_beside_a_loop_that_only_reads(run: Run) -> None:
    told = parsed(run("bench", "rebuild", "--events", 200, *QUICKLY))
    assert cases(told) >= {("rebuild", "workledger"), ("rebuild", "limit"), ("rebuild, peak MB", "workledger")}
    assert cases(told) >= {("rebuild of agent logs", who) for who in ("workledger", "plain")}


def test_lag_is_measured_in_milliseconds(run: Run) -> None:
    told = parsed(run("bench", "lag", "--events", 200, *QUICKLY))
    assert cases(told) == {(f"lag p{share} ms", who) for share in (50, 99) for who in ("workledger", "limit")}


def test_commands_are_measured_beside_the_stock_application_and_the_append_alone(run: Run) -> None:
    told = parsed(run("bench", "commands", "--events", 16, *QUICKLY))
    alone = {"create", "get", "hot task"}
    both = {"edit", "unit of 10", "edit, 8 threads", "edit, 8 processes"}
    assert cases(told) >= {(case, who) for case in alone | both for who in ("workledger", "stock")}
    assert cases(told) >= {(case, "limit") for case in both}


def test_requests_are_measured_beside_an_empty_endpoint(run: Run) -> None:
    told = parsed(run("bench", "http", "--events", 2, *QUICKLY))
    asked = ("GET health", "GET a task", "GET 50 tasks", "POST a command")
    assert cases(told) >= {
        (f"{one}, p{share} ms", who) for one in asked for share in (50, 99) for who in ("workledger", "plain")
    }
    assert cases(told) >= {("POST, 16 clients", who) for who in ("workledger", "plain", "limit")}


def test_queries_are_measured_with_ten_times_the_data(run: Run) -> None:
    told = parsed(run("bench", "query", "--events", 1_000, "--json"))
    pages = ("board", "commit history", "agent log tail")
    assert cases(told) >= {(f"{page}, times for ten times the data", "workledger") for page in pages}
    assert cases(told) >= {(f"{page}, p99 ms", who) for page in pages[:2] for who in ("workledger", "limit")}
    assert cases(told) >= {(f"{page}, called, p50 ms", who) for page in pages for who in ("workledger", "plain")}


def test_figures_are_shown_as_a_table(run: Run) -> None:
    result = run("bench", "lag", "--events", 100, "--rounds", 1)
    assert result.stdout.splitlines()[0].split() == ["case", "who", "value", "unit", "workledger's", "is"]
    assert {line.split()[5] for line in result.stdout.splitlines()[1:]} == {"ms"}
    assert result.stderr.endswith("less is better for ms, MB and times.\n")


@pytest.mark.parametrize(
    ("case", "unit"),
    [
        ("1 writer", "a second"),
        ("batches of 100", "a second"),
        ("rebuild of agent logs", "a second"),
        ("rebuild, peak MB", "MB"),
        ("lag p99 ms", "ms"),
        ("board, p50 ms", "ms"),
        ("board, times for ten times the data", "times"),
    ],
)
def test_every_case_has_a_unit(case: str, unit: str) -> None:
    assert Figure(case, "workledger", 1.0).unit == unit


def test_more_events_than_a_disk_holds_are_refused(run: Run) -> None:
    assert "100000000" in refusal(run("bench", "append", "--events", 10**12), "USAGE", 2)


def test_a_database_that_is_there_stays_as_it_is(run: Run, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    with sqlite3.connect(there) as connection:
        connection.execute("create table notes (text)")
    before = there.read_bytes()
    run("bench", "lag", "--events", 100, "--db", f"sqlite:///{there}", *QUICKLY)
    assert there.read_bytes() == before
    assert list(tmp_path.glob("*bench*")) == []


def test_a_database_that_no_process_shares_is_refused(run: Run) -> None:
    refusal(run("bench", "lag", "--db", "memory:"), "DATABASE_NOT_SHARED")


def test_a_database_that_nobody_serves_is_refused(run: Run) -> None:
    refusal(run("bench", "append", "--db", "mysql://x/y"), "DATABASE_URL_INVALID")
    refusal(
        run("bench", "append", "--events", 100, "--db", "postgresql://nobody@localhost:1/x"), "DATABASE_UNREACHABLE"
    )
