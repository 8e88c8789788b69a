"""What tests are given: an empty store in each database, and a ledger over it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

import workledger
from support import postgres_server as postgres
from workledger import Workledger

hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("WORKLEDGER_TEST_PROFILE", "ci"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: our commands would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.GivenServer]:
    """The PostgreSQL of this test session; each worker of pytest-xdist has its own."""
    with postgres.serve() as server:
        yield server


@pytest.fixture
def postgres_url(postgres_server: postgres.GivenServer) -> Iterator[str]:
    """A database of its own for each test, with nothing in it."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.GivenServer) -> Iterator[str]:
    """A database with the tables of an empty store, to be copied: five times as fast as making them."""
    with postgres_server.database() as url:
        workledger.open(url).close()
        yield url


@pytest.fixture
def postgres_store_url(postgres_server: postgres.GivenServer, postgres_template: str) -> Iterator[str]:
    """An empty store in a database of its own for each test."""
    with postgres_server.database(like=postgres_template) as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/work.db"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, with nothing in it."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty store of each kind."""
    names = {"sqlite": "sqlite_url", "postgres": "postgres_store_url"}
    return "memory:" if request.param == "memory" else request.getfixturevalue(names[request.param])


@pytest.fixture
def ledger(store_url: str) -> Iterator[Workledger]:
    """A ledger over an empty store of each kind."""
    with workledger.open(store_url) as ledger:
        yield ledger


@pytest.fixture(params=["sqlite_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def database_ledger(request: pytest.FixtureRequest) -> Iterator[Workledger]:
    """A ledger over an empty store in each database that lasts."""
    with workledger.open(request.getfixturevalue(request.param)) as ledger:
        yield ledger


@pytest.fixture
def memory_ledger() -> Iterator[Workledger]:
    """A ledger that is quick to make, for rules that ask nothing of the database."""
    with workledger.open("memory:") as ledger:
        yield ledger
