"""What is particular to PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest

import workledger
from support import postgres_server
from workledger.domain.task import Task


@pytest.fixture(scope="module")
def durable() -> Iterator[postgres_server.PostgresServer]:
    """A server that keeps what it has committed."""
    with postgres_server.running(durable=True) as server:
        yield server


def test_a_ledger_goes_on_when_its_connections_were_cut(postgres_url: str) -> None:
    with workledger.open(postgres_url) as ledger:
        ledger.create(Task.create(title="One"))
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        ledger.create(Task.create(title="Two"))
        assert ledger.head() == 2


def test_what_was_recorded_survives_a_crash_of_the_server(durable: postgres_server.PostgresServer) -> None:
    with durable.database() as url:
        with workledger.open(url) as ledger:
            tasks = [ledger.create(Task.create(title=f"Task {number}")) for number in range(10)]
        durable.crash()
        durable.start()
        with workledger.open(url) as ledger:
            assert [row.stream_id for row in ledger.read()] == [Task.stream(task.id) for task in tasks]
            assert ledger.catch_up() == 10


def test_two_ledgers_of_one_database_live_in_schemas_of_their_own(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create schema other")
    separator = "&" if "?" in postgres_url else "?"
    with (
        workledger.open(postgres_url) as one,
        workledger.open(f"{postgres_url}{separator}options=-csearch_path%3Dother") as other,
    ):
        one.create(Task.create(title="Here"))
        assert (one.head(), other.head()) == (1, 0)
        other.create(Task.create(title="There"))
        assert (one.catch_up(), other.catch_up()) == (1, 1)
