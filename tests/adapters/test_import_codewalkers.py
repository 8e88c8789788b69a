"""A Codewalkers database comes in: its ids and times are kept, and its rows come back column for column."""

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import workledger
from support.codewalkers_filling import Size, make
from support.codewalkers_rows import assert_same
from workledger.adapters.codewalkers.importer import import_codewalkers
from workledger.adapters.codewalkers.schema import TABLES

WAYS = {
    "snake case and seconds": {},
    "camel case and milliseconds": {"camel": True, "milliseconds": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_row_comes_back_column_for_column(ledger: workledger.Workledger, tmp_path: Path, way: str) -> None:
    database = make(tmp_path / "cw.db", Size(initiatives=4), **WAYS[way])
    report = import_codewalkers(ledger, database.path)
    assert not report.left_out, report
    ledger.catch_up()
    for table in TABLES:
        assert database.rows(table), f"the database has no {table}"
        assert_same(ledger, database, table)


def test_memory_does_not_grow_with_what_agents_wrote(tmp_path: Path) -> None:
    peaks = []
    for count in (50, 1_000, 5_000):  # the first fills what is remembered anyway
        database = make(tmp_path / f"{count}.db", Size(1, 1, 1, 1))
        database.insert("agent_log_chunks", *(chunk(number) for number in range(count)))
        with workledger.open(f"sqlite:///{tmp_path}/{count}-work.db") as ledger:
            tracemalloc.start()
            import_codewalkers(ledger, database.path)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[2] < 2.5 * peaks[1], "there are five times as many chunks"


def chunk(number: int) -> dict[str, Any]:
    content = f"{number}: " + "and so on, " * 100
    written = {"agent_id": f"a{number % 3}", "agent_name": "ann", "session_number": 1, "content": content}
    return {"id": f"c{number}", **written, "created_at": 1_760_000_000 + number}


def test_progress_goes_on_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    database = make(tmp_path / "cw.db", Size(initiatives=2))
    with workledger.open("memory:") as ledger:
        import_codewalkers(ledger, database.path, progress=lambda *one: told.append(one))
    done, total, note = zip(*told, strict=True)
    assert list(done) == sorted(done)
    assert set(total) == {done[-1]}
    assert set(note) == {"rows of cw.db"}
