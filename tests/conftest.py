"""What tests are given: an empty store in each database, and a ledger over it."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest

import workledger
from support import postgres_server as postgres
from support.memory_disk import memory_disk
from support.postgres_copies import Copies
from workledger import Workledger

hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, max_examples=60, stateful_step_count=20
)
hypothesis.settings.register_profile("explore", deadline=None, max_examples=1000, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("WORKLEDGER_TEST_PROFILE", "ci"))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in the background of a shell: our commands would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Containers often forbid to write bytecode: every process that tests start would compile what it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The scanner's rules take seconds to compile: once for all homes that tests invent.
os.environ.setdefault("KF_RULE_CACHE_DIR", str(Path.home() / ".cache" / "kingfisher" / "rule-cache"))

if folder := memory_disk():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))

TESTS = Path(__file__).parent

SLOWEST = (
    "commandline/test_serve.py",
    "engine/faults/test_memory.py",
    "engine/faults/test_killed.py",
    "engine/faults/test_leases.py",
    "engine/test_projector.py",
    "commandline/test_tables.py",
    "commandline/test_refusals.py",
    "adapters/test_simulation.py",
)
"""They begin first, so that no worker is left alone with one of them when the others have done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    slow = {TESTS / name: rank for rank, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: slow.get(item.path, len(slow)))
    for item in items:
        if needs_postgres(item):
            item.add_marker(pytest.mark.postgres)


def needs_postgres(item: pytest.Item) -> bool:
    """Whether it asks for a server by name, or is one of a family of which one is for PostgreSQL."""
    fixtures, callspec = getattr(item, "fixturenames", ()), getattr(item, "callspec", None)
    parameters = callspec.params.values() if callspec else ()
    return "postgres_server" in fixtures or any(str(one).startswith("postgres") for one in parameters)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A module says with `STORES` that its tests are about memory too; other tests run in SQLite and PostgreSQL."""
    if "store_url" in metafunc.fixturenames:
        stores = getattr(metafunc.module, "STORES", ("sqlite", "postgres"))
        metafunc.parametrize("store_url", stores, indirect=True)


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


@pytest.fixture(scope="session")
def postgres_copies(postgres_server: postgres.GivenServer, postgres_template: str) -> Iterator[Copies]:
    with closing(Copies(postgres_server, postgres_template)) as copies:
        yield copies


@pytest.fixture
def postgres_store_url(postgres_copies: Copies) -> Iterator[str]:
    """An empty store in a database of its own for each test."""
    with postgres_copies.copy() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path}/work.db"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the tables of an empty store, to be copied: four times as fast as making them."""
    path = tmp_path_factory.mktemp("template") / "work.db"
    workledger.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def sqlite_store_url(sqlite_url: str, sqlite_template: Path) -> str:
    """An empty store in a file of its own for each test."""
    shutil.copyfile(sqlite_template, sqlite_url.removeprefix("sqlite:///"))
    return sqlite_url


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of each kind, with nothing in it."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty store in each database."""
    return "memory:" if request.param == "memory" else request.getfixturevalue(f"{request.param}_store_url")


@pytest.fixture
def ledger(store_url: str) -> Iterator[Workledger]:
    """A ledger over an empty store in each database."""
    with workledger.open(store_url) as ledger:
        yield ledger


@pytest.fixture(params=["sqlite_store_url", "postgres_store_url"], ids=["sqlite", "postgres"])
def database_ledger(request: pytest.FixtureRequest) -> Iterator[Workledger]:
    """A ledger over an empty store in each database that lasts."""
    with workledger.open(request.getfixturevalue(request.param)) as ledger:
        yield ledger


@pytest.fixture
def memory_ledger() -> Iterator[Workledger]:
    """A ledger that is quick to make, for rules that ask nothing of the database."""
    with workledger.open("memory:") as ledger:
        yield ledger
