"""What the tests of faults are given: the event store alone."""

from collections.abc import Iterator
from itertools import count

import pytest

from support.stores import opened
from workledger.domain.kernel import ids
from workledger.domain.kernel.store import EventStore


@pytest.fixture(autouse=True)
def numbered_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same ids each time: what an append locks is one of 1,024 buckets, and one of random ids falls, once in some
    hundred runs, into a bucket that a transaction of the test keeps locked for ever."""
    numbers = count(1)
    monkeypatch.setattr(ids, "uuid7", lambda: f"{next(numbers):032x}")


@pytest.fixture
def postgres_store(postgres_store_url: str) -> Iterator[EventStore]:
    """An empty store in PostgreSQL, in the database of `postgres_store_url`."""
    with opened(postgres_store_url) as store:
        yield store
