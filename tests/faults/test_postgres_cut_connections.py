"""Sessions are ended by an administrator, between calls and in the middle of them: callers hardly notice."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from support.postgres_server import GivenServer
from support.slow_writer import end_sessions, in_line, slow_writer
from support.stores import append, happened, opened
from workledger.adapters.database import DatabaseUnreachable
from workledger.domain.kernel.store import EventStore


@pytest.fixture(scope="module")
def url(postgres_server: GivenServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(like=postgres_template) as url:
        yield url


@pytest.fixture
def store(url: str) -> Iterator[EventStore]:
    """A store that knows its server, and has four lines to it, since it was asked for four appends at once."""
    with opened(url) as store:
        store.head()
        with ThreadPoolExecutor(4) as threads:
            with slow_writer(url) as other:
                other.append(happened("s-1"))
                appending = [threads.submit(append, store, happened("s-1")) for _ in range(4)]
                in_line(url, 4)
            assert len({one.result()[0] for one in appending}) == 4
        yield store


CALLS: dict[str, Callable[[EventStore], object]] = {
    "append": lambda store: append(store, happened("s-1")),
    "read": lambda store: store.read(0, 10**9),
    "scan": lambda store: store.scan(0, 10, upto=1),
    "head": lambda store: store.head(),
    "stream": lambda store: store.read_stream("s-1"),
    "done": lambda store: store.done("once"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_does_not_notice_that_the_lines_were_cut_before_it(
    store: EventStore, url: str, call: Callable[[EventStore], object]
) -> None:
    """All of them, and again. Proves that a line that broke is not trusted, nor are those beside it."""
    for _ in range(2):
        end_sessions(url)
        call(store)


def test_a_loop_that_reads_goes_on_however_often_its_lines_are_cut(store: EventStore, url: str) -> None:
    """Proves that a look at the log is taken again when its line is lost."""
    position, seen = store.head(), []
    for number in range(5):
        end_sessions(url)
        append(store, happened(f"cut-{number}"))
        end_sessions(url)
        rows = store.read(position, 10)
        seen += [row.stream_id for row in rows]
        position = rows[-1].position
    assert seen == [f"cut-{number}" for number in range(5)]


def test_an_append_goes_on_when_its_line_is_cut_under_way(store: EventStore, url: str) -> None:
    """It stands in line behind another writer. Proves that the cut of a line is no refusal."""
    event = happened("s-1")
    with ThreadPoolExecutor(1) as thread, slow_writer(url) as other:
        other.append(happened("s-1"))
        appending = thread.submit(append, store, event)
        first = in_line(url, 1)
        end_sessions(url, first)
        assert in_line(url, 1) != first
        other.roll_back()
        positions = appending.result(60)
    assert [row.position for row in store.read_stream("s-1") if row.event_id == event.event_id] == positions


def test_a_reader_of_the_log_goes_on_when_its_line_is_cut_under_way(store: EventStore, url: str) -> None:
    """Proves that the watermark is asked for again."""
    [last] = append(store, happened("s-1"))
    with ThreadPoolExecutor(1) as thread, psycopg.connect(url) as other:
        other.execute("lock table events")
        reading = thread.submit(store.head)
        end_sessions(url, in_line(url, 1))
        in_line(url, 1)
        other.rollback()
        assert reading.result(60) == last


def test_a_read_that_is_cut_under_way_is_made_again_and_one_that_is_cut_twice_is_refused(
    store: EventStore, url: str
) -> None:
    """Proves that a connection that was lost is not put back to be used again, and that no driver's error gets out."""
    with ThreadPoolExecutor(1) as thread, psycopg.connect(url) as other:
        other.execute("lock table events")
        reading = thread.submit(store.read_stream, "s-1")
        first = in_line(url, 1)
        end_sessions(url, first)
        second = in_line(url, 1)
        assert second != first
        end_sessions(url, second)
        with pytest.raises(DatabaseUnreachable):
            reading.result(60)
        again = thread.submit(store.read_stream, "s-1")
        end_sessions(url, in_line(url, 1))
        in_line(url, 1)
        other.rollback()
        assert again.result(60)
