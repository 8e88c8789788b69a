"""What the tests of faults are given: the event store alone."""

from collections.abc import Iterator

import pytest

from support.stores import opened
from workledger.domain.kernel.store import EventStore


@pytest.fixture
def postgres_store(postgres_store_url: str) -> Iterator[EventStore]:
    """An empty store in PostgreSQL, in the database of `postgres_store_url`."""
    with opened(postgres_store_url) as store:
        yield store
