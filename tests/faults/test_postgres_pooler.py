"""Behind a pooler that gives each transaction to whichever connection is free, nothing is lost and nothing leaks."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from support.pooler import pooling
from support.postgres_server import GivenServer
from support.stores import append, ascending, happened, opened, tail
from workledger.adapters.postgres.connection import ConnectionLost
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.domain.kernel.claims import Require, Take
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.task import Task

SET = """select name, setting from pg_settings where source = 'session' and name <> 'application_name'
union all select 'listens', channel from pg_listening_channels() as channel"""
LOCKS = "select count(*) from pg_locks where locktype = 'advisory'"


@pytest.fixture
def pooled(postgres_store_url: str) -> Iterator[str]:
    with pooling(postgres_store_url) as url:
        yield url


def test_many_callers_append_and_read_through_a_few_connections(pooled: str, postgres_store_url: str) -> None:
    """Proves that calls are prepared nowhere but where they are made, and that locks end with their transactions."""
    with opened(pooled) as store, ThreadPoolExecutor(8) as threads:
        append(store, happened("s-0"), claims=[("s-0", Take("name:ann"))])

        def work(number: int) -> None:
            stream = f"s-{number}"
            for version in range(1, 21):
                conditions = {"claims": [(stream, Require("name:ann"))], "command_id": f"{number}/{version}"}
                append(store, happened(stream, version), **conditions)
                assert len(store.read_stream(stream)) == version
                assert store.read(0, 10**9, tag=("project", "nobody")) == []
                with pytest.raises(ConcurrencyConflict):
                    append(store, happened(stream, version))

        working = [threads.submit(work, number) for number in range(1, 9)]
        seen = tail(store, 161, until=lambda: all(one.done() for one in working))
        for one in working:
            one.result()
        assert ascending(seen)
        assert Counter(row.stream_id for row in seen) == {"s-0": 1, **{f"s-{number}": 20 for number in range(1, 9)}}
        with psycopg.connect(postgres_store_url) as connection:
            assert connection.execute(LOCKS).fetchone() == (0,)


def test_a_ledger_is_opened_and_its_tables_are_filled_through_a_pooler(postgres_server: GivenServer) -> None:
    """Proves that a pooler is recognised at once: drivers prepare statements by themselves, and do not recover."""
    with postgres_server.database() as url, pooling(url) as pooled, workledger.open(pooled) as ledger:
        for number in range(30):
            ledger.create(Task.create(title=f"Task {number}"))
            assert ledger.catch_up() == number + 1


def settings(pooled: str) -> set[tuple[str, str]]:
    """What was set, or is listened to, on any of the pooler's connections, beside what it keeps track of itself."""
    with ExitStack() as stack:
        each = [stack.enter_context(psycopg.connect(pooled)) for _ in range(3)]
        pids = {one.execute("select pg_backend_pid()").fetchone() for one in each}
        assert len(pids) == 3, "they are not all of its connections"
        return {setting for one in each for setting in one.execute(SET)}


def test_nothing_stays_on_connections_that_are_shared(pooled: str) -> None:
    """Of appends, wake-ups and tables. Proves that a pooler is recognised, that settings are made for a transaction
    only, and that nobody listens: others who come to the same connection would get plans to our liking, commits that a
    crash undoes, and our wake-ups."""
    before = settings(pooled)
    with workledger.open(pooled) as ledger:
        heard = threading.Event()
        ledger.listen(lambda position: position or heard.set())
        for number in range(10):
            ledger.create(Task.create(title=f"Task {number}"))
            ledger.catch_up()
        assert heard.wait(60), "as all who begin to listen"
    assert settings(pooled) == before


def test_the_driver_prepares_nothing_of_its_own_accord(pooled: str) -> None:
    """It does so after a few times, and its statement is gone with the connection that the pooler gave it then. Proves
    that it is kept from that once a pooler is recognised."""
    with workledger.open(pooled) as ledger:
        for number in range(20):
            with ledger.tables.engine.begin() as connection:
                assert connection.scalar(sa.select(sa.literal(number))) == number


QUESTION, FIVE = b"select $1::bigint + 2", (5).to_bytes(8, "big")


@pytest.fixture
def pool(postgres_server: GivenServer) -> Iterator[ConnectionPool]:
    pool = ConnectionPool(lambda: psycopg.connect(postgres_server.dsn, autocommit=True))
    yield pool
    pool.close()


def test_a_statement_that_is_gone_when_it_is_called_is_sent_as_it_is(pool: ConnectionPool) -> None:
    """What a pooler does that knows of no prepared statements. Proves that such a refusal is taken for what it is."""
    with pool.connection() as connection:
        assert connection.call(QUESTION, ((3).to_bytes(8, "big"),)) == FIVE
        connection.driver.execute("deallocate all")
        assert connection.call(QUESTION, ((3).to_bytes(8, "big"),)) == FIVE
    assert not pool.capabilities.prepare


def test_a_statement_that_is_there_when_it_is_prepared_is_sent_as_it_is(pool: ConnectionPool) -> None:
    """Another client of the pooler has prepared it on the same connection. Proves that it is not prepared again."""
    with pool.connection() as one, pool.connection() as other:
        one.call(QUESTION, ((3).to_bytes(8, "big"),))
        [name] = one.driver.execute("select name from pg_prepared_statements").fetchone() or [""]
        other.driver.execute(f"prepare {name} as select 0")
        assert other.call(QUESTION, ((3).to_bytes(8, "big"),)) == FIVE
    assert not pool.capabilities.prepare


@pytest.mark.parametrize("state", ["57P01", "08006"])
def test_a_pooler_that_has_lost_the_server_gives_no_answer_to_a_call(pool: ConnectionPool, state: str) -> None:
    """It says so on a connection that stays open. Proves that this is not taken for a refusal: the server may
    have executed the call."""
    with pool.connection() as connection:
        connection.driver.execute(
            "create function pg_temp.say(state text) returns int language plpgsql as"
            " $$ begin raise exception 'the server is gone' using errcode = state; end $$"
        )
        with pytest.raises(ConnectionLost):
            connection.call(b"select pg_temp.say($1::text)", (state.encode(),))
