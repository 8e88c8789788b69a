"""Many open a database at once that is empty, or of an earlier release: one makes it ready, the others find it so."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

import workledger
from support.slow_writer import in_line
from workledger.adapters.postgres.factory import MAKING
from workledger.domain.task import Task

EARLIER = Path(__file__).parents[1] / "data" / "postgres_v1.sql"


@pytest.mark.parametrize("earlier", ["", EARLIER.read_text()], ids=["empty", "version-1"])
def test_who_waits_while_tables_are_made_finds_them_made(postgres_url: str, earlier: str) -> None:
    """All wait for one that was first, and go on when it is gone. Proves the lock around making tables, and that what
    is there is looked at again behind it: tables that others made meanwhile would be made twice."""
    with ThreadPoolExecutor(4) as threads, psycopg.connect(postgres_url) as first:
        first.execute(earlier)
        first.execute("set search_path to default")
        first.commit()
        first.execute(MAKING)
        opening = [threads.submit(record, postgres_url, number) for number in range(4)]
        in_line(postgres_url, 4)
        first.rollback()
        for one in opening:
            one.result(60)
    with workledger.open(postgres_url) as ledger:
        assert ledger.catch_up() == (18 if earlier else 4)


def record(url: str, number: int) -> None:
    with workledger.open(url) as ledger:
        ledger.create(Task.create(title=f"Task {number}"))
