"""A ledger in memory and its doors, or one in each kind of store."""

from collections.abc import Iterator

import pytest

import workledger
from support.http_client import Doors
from workledger import Workledger
from workledger.api.web import service


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reads wait for the read tables as long as it takes, on a slow machine too."""
    monkeypatch.setattr(service, "PATIENCE", 60.0)


@pytest.fixture
def memory() -> Iterator[Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


@pytest.fixture
def doors(memory: Workledger) -> Iterator[Doors]:
    """Doors to a ledger in memory, for what is the same on every store."""
    with Doors(memory) as doors:
        yield doors


@pytest.fixture
def all_doors(ledger: Workledger) -> Iterator[Doors]:
    """Doors to a ledger in each kind of store."""
    with Doors(ledger) as doors:
        yield doors
