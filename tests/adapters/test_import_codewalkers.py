"""A Codewalkers database comes in: its ids and times are kept, and its rows come back column for column."""

from pathlib import Path

import pytest

import workledger
from support.codewalkers_database import Size, make
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
