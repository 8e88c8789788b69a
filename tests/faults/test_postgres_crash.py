"""The server crashes or is stopped at once: what was acknowledged is there, once, and readers go on as before."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection

import psycopg
import pytest
import sqlalchemy as sa

from support import postgres_server, writers
from support.slow_writer import slow_writer
from support.stores import append, append_until_told, ascending, happened, opened
from workledger.adapters.database import DatabaseUnreachable
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import EventStore


@pytest.fixture(scope="module")
def server() -> Iterator[postgres_server.PostgresServer]:
    """A server that keeps what it has committed."""
    with postgres_server.running(durable=True) as server:
        yield server


def test_a_hole_that_a_crash_has_left_is_passed(server: postgres_server.PostgresServer) -> None:
    """Proves that a reader that waited for a writer does not wait for it when the server has crashed and is back."""
    with server.database() as url, opened(url) as store, slow_writer(url) as slow:
        append(store, happened("before"))
        slow.append(happened("slow"))
        append(store, happened("after"))
        assert store.head() == 1
        server.crash()
        with pytest.raises(DatabaseUnreachable):
            store.head()
        server.start()
        assert [row.position for row in store.read(1, 10)] == [3]
        [next] = append(store, happened("next"))
        assert next > 3
        assert [row.stream_id for row in store.read(0, 10)] == ["before", "after", "next"]


def test_writers_and_readers_go_on_when_the_server_is_stopped_at_once(server: postgres_server.PostgresServer) -> None:
    """Two processes append one by one and by the 50, each batch until it is acknowledged. Twice the server goes down
    and comes back, and each time both appends of that moment are stored, but were not answered.

    Proves that an append whose answer is lost is looked for before it is made again, and that a reader goes on.
    """
    with server.database() as url, ExitStack() as stack:
        store = stack.enter_context(opened(url))
        started = [
            stack.enter_context(writers.running(append_until_told, url, f"stream-{size}", size)) for size in (1, 50)
        ]
        pipes = [pipe for _, pipe in started]
        seen: list[Row] = []
        over = threading.Event()
        reader = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(over.set)
        reading = reader.submit(follow, store, seen, over)
        acknowledged: list[str] = []
        for _ in range(2):
            for pipe in pipes:
                acknowledged += [id for _ in range(10) for id in pipe.recv()]
            acknowledged += leave_unanswered(server, pipes)
            server.drop()
            server.start()
        for process, pipe in started:
            acknowledged += [id for _ in range(10) for id in pipe.recv()]
            pipe.send("enough")
            writers.finish(process)
            acknowledged += said(pipe)
        over.set()
        reading.result()
    assert ascending(seen)
    assert Counter(row.event_id for row in seen) == Counter(acknowledged)


def leave_unanswered(server: postgres_server.PostgresServer, pipes: Sequence[Connection]) -> list[str]:
    """From now on, commits reach the disk and are not answered: they wait for a standby that is not there. Listens to
    the writers until each of them waits: one whose pipe is full would not."""
    acknowledged: list[str] = []
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("alter system set synchronous_standby_names = 'nobody'")
        connection.execute("select pg_reload_conf()")
        # Not the reader, who may be saving how far the log is settled.
        appending = "select count(*) from pg_stat_activity where wait_event = 'SyncRep' and query like '%append%'"
        while connection.execute(appending).fetchone() != (len(pipes),):
            acknowledged += [id for pipe in pipes for id in said(pipe)]
            time.sleep(0.01)
        connection.execute("alter system reset synchronous_standby_names")
    return acknowledged


def said(pipe: Connection) -> list[str]:
    """The ids that a writer has said by now."""
    return [id for ids in writers.heard(pipe) for id in ids]


def follow(store: EventStore, seen: list[Row], over: threading.Event) -> None:
    """Read on until all is over, and nothing is left to be read."""
    while True:
        last_round = over.is_set()
        before = len(seen)
        with suppress(DatabaseUnreachable, sa.exc.OperationalError):
            seen += store.read(seen[-1].position if seen else 0, 1000)
        if last_round and len(seen) == before:
            return
        time.sleep(0.005)
