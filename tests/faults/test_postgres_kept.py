"""Stored events stay as they are: nobody changes, deletes or truncates them, and erasing takes what it is told to."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support.slow_writer import end_sessions, in_line
from support.stores import append, happened, opened
from workledger.domain.kernel.store import EventStore

ERASING = "insert into workledger values ('erasing', 's-1')"


@pytest.fixture
def store(postgres_store: EventStore) -> EventStore:
    """A store with five events of two topics in two streams."""
    events = [happened("s-1"), happened("s-1", topic="sample.kept"), happened("s-1"), happened("s-2"), happened("s-1")]
    append(postgres_store, *events)
    return postgres_store


@pytest.fixture
def other(postgres_store_url: str) -> Iterator[psycopg.Connection[object]]:
    with psycopg.connect(postgres_store_url, autocommit=True) as other:
        yield other


def positions(store: EventStore) -> list[int]:
    return [row.position for row in store.read(0, 100)]


STATEMENTS = [
    "update events set actor = 'me' where position = 1",
    "delete from events where position = 1",
    "truncate events",
    "truncate events cascade",
]


def refused(other: psycopg.Connection[object]) -> None:
    """Each of the statements is, and nothing changes."""
    for statement in STATEMENTS:
        with pytest.raises(psycopg.errors.RaiseException, match="never changed or deleted"):
            other.execute(statement)


def test_events_are_never_changed_or_deleted(store: EventStore, other: psycopg.Connection[object]) -> None:
    """Proves the triggers, also on truncate, which the one for rows does not see."""
    refused(other)
    assert [(row.position, row.actor) for row in store.read(0, 10)] == [(at, "system") for at in range(1, 6)]


def test_they_are_not_while_others_are_erased_either(
    store: EventStore, other: psycopg.Connection[object], postgres_store_url: str
) -> None:
    """Proves that the permission to erase is of one transaction: others do not see it."""
    with psycopg.connect(postgres_store_url) as eraser:
        eraser.execute(ERASING)
        refused(other)


def test_an_eraser_cannot_change_events(store: EventStore, other: psycopg.Connection[object]) -> None:
    """Proves that the permission to erase is none to change."""
    with other.transaction():
        other.execute(ERASING)
        other.execute("update events set actor = 'me'")
        other.execute("delete from workledger where key = 'erasing'")
    assert {row.actor for row in store.read(0, 100)} == {"system"}


def test_erasing_takes_one_topic_of_one_stream_up_to_a_version(store: EventStore) -> None:
    """Proves each of its bounds; and readers pass the gaps that it leaves, from the beginning on as well."""
    store.erase("s-1", "sample.happened", 3)
    assert positions(store) == [2, 4, 5]
    assert append(store, happened("s-1", 5)) == [6]
    assert store.measure("s-1", "sample.happened")[:2] == (5, 2)
    assert positions(store) == [2, 4, 5, 6]


def test_erasers_take_turns(store: EventStore, other: psycopg.Connection[object], postgres_store_url: str) -> None:
    """Proves that each has a permission of its own: the second waits, and does not live on that of the first."""
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_store_url) as first:
        first.execute(ERASING)
        second = thread.submit(store.erase, "s-1", "sample.happened", 1)
        in_line(postgres_store_url, 1)
        assert positions(store) == [1, 2, 3, 4, 5]
        first.execute("delete from workledger where key = 'erasing'")
        first.commit()
        second.result(60)
    assert positions(store) == [2, 3, 4, 5]
    with pytest.raises(psycopg.errors.RaiseException):
        other.execute("delete from events")


def test_erasing_that_is_cut_short_erases_nothing(
    store: EventStore, other: psycopg.Connection[object], postgres_store_url: str
) -> None:
    """It waits for somebody who has locked an event. Proves that permission and erasure are one transaction."""
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_store_url) as holder:
        holder.execute("select * from events where position = 3 for update")
        erasing = thread.submit(store.erase, "s-1", "sample.happened", 5)
        end_sessions(postgres_store_url, in_line(postgres_store_url, 1))
        with pytest.raises(Exception, match="terminating connection"):
            erasing.result(60)
        holder.rollback()
    assert positions(store) == [1, 2, 3, 4, 5]
    with pytest.raises(psycopg.errors.RaiseException):
        other.execute("delete from events")


def test_a_reader_that_begins_after_an_erasure_reads_all_that_is_left(
    store: EventStore, postgres_store_url: str
) -> None:
    """Proves that what was erased is a gap that nobody waits for."""
    store.erase("s-1", "sample.happened", 5)
    with opened(postgres_store_url) as another:
        assert (positions(another), another.head()) == ([2, 4], 4)
    assert append(store, happened("s-2", 2)) == [6]
