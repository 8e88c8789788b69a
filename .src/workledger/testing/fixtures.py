"""Fixtures of pytest, for `pytest_plugins = ["workledger.testing.fixtures"]` in an app's conftest.py.

- `ledger`: an open ledger on an empty database: in SQLite and, where WORKLEDGER_TEST_DSN names a server and a role that
  may create databases, in PostgreSQL too. Each test has a database of its own.
- `workledger_app`: the App that it is opened for; override it with the app's own.
- `ledger_url`: the URL of that database.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

import workledger
from workledger import App, Workledger

SERVER = "WORKLEDGER_TEST_DSN"
"""The environment variable that names a PostgreSQL server: postgresql://user@host/postgres."""


@pytest.fixture
def workledger_app() -> App:
    """What the ledger is opened for: workledger alone, unless overridden."""
    return App()


@pytest.fixture(params=["sqlite", "postgresql"] if os.environ.get(SERVER) else ["sqlite"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    with postgres_database(os.environ[SERVER]) as url:
        yield url


@pytest.fixture
def ledger(ledger_url: str, workledger_app: App) -> Iterator[Workledger]:
    """A ledger on an empty database."""
    with workledger.open(ledger_url, groups=workledger_app.groups, policies=workledger_app.policies) as ledger:
        yield ledger


@contextmanager
def postgres_database(server: str) -> Iterator[str]:
    """The URL of a new database on a server, dropped at the end."""
    import psycopg  # only who names a server needs it

    name = f"workledger_test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')
