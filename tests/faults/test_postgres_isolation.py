"""Databases whose transactions are stricter by default: appends say for themselves what they need."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

import workledger
from support.pooler import pooling
from support.slow_writer import in_line, slow_writer
from support.stores import append, happened, opened
from workledger.adapters.postgres.factory import MAKING
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.domain.kernel.claims import Require, Take
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet
from workledger.domain.task import Task


def be_strict(url: str) -> str:
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"alter database \"{name}\" set default_transaction_isolation = 'serializable'")
    return url


@pytest.fixture
def strict_url(postgres_store_url: str) -> str:
    return be_strict(postgres_store_url)


@pytest.fixture(params=["direct", "pooled"])
def url(request: pytest.FixtureRequest, strict_url: str) -> Iterator[str]:
    if request.param == "direct":
        yield strict_url
    else:
        with pooling(strict_url) as pooled:
            yield pooled


def test_appends_see_what_was_committed_while_they_waited(url: str, strict_url: str) -> None:
    """Proves that an append is read committed, whatever the default is: with a snapshot from before it waited, it
    would not see what it waited for."""
    with opened(url) as store, ThreadPoolExecutor(1) as thread, slow_writer(strict_url) as slow:
        assert append(store, happened("s-1", 1)) == [1]
        slow.append(happened("s-1", 2), claims=[("s-1", Take("name:ann"))])
        second = thread.submit(append, store, happened("s-1", 2))
        in_line(strict_url, 1)
        slow.commit()
        with pytest.raises(ConcurrencyConflict) as conflict:
            second.result(60)
        assert conflict.value.details["actual"] == 2
        slow.append(happened("s-1", 3), claims=[("s-1", Take("name:bob"))])
        third = thread.submit(append, store, happened("s-3", 1), claims=[("s-3", Require("name:bob"))])
        in_line(strict_url, 1)
        slow.commit()
        assert third.result(60) == [4]
        assert [row.position for row in store.read(0, 10)] == [1, 2, 3, 4]


def test_what_is_refused_is_refused_as_ever(url: str) -> None:
    """Proves that a refusal by the store is told from that of the isolation, which changes how calls are made."""
    with opened(url) as store:
        append(store, happened("s-1", 1), claims=[("s-1", Take("name:ann"))], command_id="once")
        with pytest.raises(ConcurrencyConflict):
            append(store, happened("s-1", 1))
        with pytest.raises(ClaimUnmet):
            append(store, happened("s-2", 1), claims=[("s-2", Take("name:ann"))])
        with pytest.raises(AlreadyDone):
            append(store, happened("s-2", 1), command_id="once")
        assert append(store, happened("s-2", 1)) == [2]


def test_a_call_that_is_made_another_way_begins_anew(strict_url: str) -> None:
    """Proves that a refusal ends the transaction that was begun for the call: its statement is no longer prepared."""
    pool = ConnectionPool(lambda: psycopg.connect(strict_url, autocommit=True))
    pool.capabilities.set_isolation = True
    question = b"select current_setting('transaction_isolation')"
    with pool.connection() as connection:
        assert connection.call(question, ()) == b"read committed"
        connection.driver.execute("deallocate all")
        assert connection.call(question, ()) == b"read committed"
    pool.close()


def test_several_may_open_an_empty_database_there(postgres_url: str) -> None:
    """Two wait for a third one, which makes tables. Proves that they look at what is there by then."""
    be_strict(postgres_url)
    with ThreadPoolExecutor(2) as threads, psycopg.connect(postgres_url) as third:
        third.execute(MAKING)
        opening = [threads.submit(lambda: workledger.open(postgres_url).close()) for _ in range(2)]
        in_line(postgres_url, 2)
        third.rollback()
        for one in opening:
            one.result(60)


def test_a_ledger_works_there(url: str) -> None:
    """Proves the same for whoever opens a ledger: its units, and its read tables."""
    with workledger.open(url) as ledger:
        task = ledger.create(Task.create(title="Remember the milk"))
        with ledger.edit(Task, task.id) as edited:
            edited.change_details(title="Remember the bread")
        assert ledger.catch_up() == 2
