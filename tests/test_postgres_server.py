"""The PostgreSQL of the tests: it is real, it recovers, and it never outlives them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from support.postgres_server import GivenServer, PostgresMissing, running, serve

HOLDER = """
import sys, time
from support.postgres_server import running
with running() as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


def test_each_database_is_empty_and_gone_afterwards(postgres_server: GivenServer) -> None:
    with postgres_server.database() as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        with postgres_server.database() as other, psycopg.connect(other) as connection:
            assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(url)


def test_a_durable_server_that_is_killed_keeps_what_was_committed() -> None:
    with running(durable=True) as server:
        with psycopg.connect(server.dsn) as connection:
            connection.execute("CREATE TABLE kept (id int)")
        server.crash()
        server.start()
        with psycopg.connect(server.dsn) as connection:
            assert connection.execute("SELECT to_regclass('kept')::text").fetchone() == ("kept",)


def test_a_server_ends_when_its_tests_are_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parent)},
    ) as holder:
        assert holder.stdout
        folder = Path(holder.stdout.readline().strip())
        assert (folder / "data" / "postmaster.pid").exists()
        holder.send_signal(signal.SIGKILL)
    end = time.monotonic() + 60
    while folder.exists():
        assert time.monotonic() < end, f"{folder} was left behind"
        time.sleep(0.05)


def test_without_any_postgresql_tests_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKLEDGER_TEST_DSN", raising=False)
    monkeypatch.delenv("WORKLEDGER_TEST_PG_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(PostgresMissing), serve():
        pytest.fail("there was a server")
