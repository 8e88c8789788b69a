"""The watermark of the log in PostgreSQL, step by step: whatever lands between its looks, nothing is skipped."""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

import psycopg
import pytest

from support.postgres_server import GivenServer
from support.slow_writer import SlowWriter, slow_writer
from support.stores import append, happened, opened
from workledger.adapters.postgres import watermark
from workledger.adapters.postgres.connection import Connection
from workledger.adapters.postgres.pool import ConnectionPool
from workledger.adapters.postgres.watermark import HOLDERS, SAVE, Watermark
from workledger.domain.kernel.store import EventStore


class Watched(ConnectionPool):
    """A pool that remembers what it was asked, and lets something happen before each question."""

    def __init__(self, url: str, before: Callable[[bytes], object] = lambda question: None) -> None:
        super().__init__(lambda: psycopg.connect(url, autocommit=True))
        self.asked: list[bytes] = []
        self.before = before

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        with super().connection() as connection:
            yield _WatchedConnection(connection, self)


class _WatchedConnection:
    def __init__(self, connection: Connection, pool: Watched) -> None:
        self._connection, self._pool = connection, pool

    def call(self, statement: bytes, parameters: Sequence[bytes | None]) -> bytes | None:
        self._pool.before(statement)
        self._pool.asked.append(statement)
        return self._connection.call(statement, parameters)


class Reader:
    """Reads on after what it has seen, as far as it may."""

    def __init__(self, connection: psycopg.Connection[Any], after: int) -> None:
        self.connection, self.after, self.seen = connection, after, list[int]()

    def read(self, upto: int) -> None:
        between = "select position from events where position > %s and position <= %s order by position"
        self.seen += [position for (position,) in self.connection.execute(between, (self.after, upto))]
        self.after = max(self.after, upto)


@pytest.fixture(scope="module")
def url(postgres_server: GivenServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(like=postgres_template) as url:
        yield url


BETWEEN = (1, 2, 3, 9, 15)
"""Questions of the watermark before which something happens: three of its first turn, and some of later ones."""


@pytest.mark.parametrize("end", [SlowWriter.commit, SlowWriter.roll_back])
def test_nothing_is_skipped_whatever_lands_between_two_looks(
    url: str, end: Callable[[SlowWriter], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two appends begin, each is overtaken, and they end: each step before any of the watermark's questions, in every
    way there is. A reader goes as far as it may after each turn.

    Proves that the log is looked at before those who write are, and that a gap is passed no further than the log was
    seen then. Either other way skips events.
    """
    monkeypatch.setattr(watermark, "SAVE_EVERY", 1)
    with (
        opened(url) as store,
        slow_writer(url) as one,
        slow_writer(url) as two,
        Watched(url) as pool,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        overtake = partial(append, store, happened("three"))
        begin_one, begin_two = partial(one.append, happened("one")), partial(two.append, happened("two"))
        what = (begin_one, overtake, begin_two, overtake, partial(end, one), two.commit)
        for when in itertools.combinations_with_replacement(BETWEEN, len(what)):
            start, questions = store.head(), itertools.count()
            steps = deque(zip(when, what, strict=True))

            def take(question: bytes, steps: deque[Any] = steps, questions: Iterator[int] = questions) -> None:
                """The steps whose turn it is."""
                now = next(questions)
                while steps and steps[0][0] <= now:
                    steps.popleft()[1]()

            pool.before = take
            mark, reader, late = Watermark(pool), Reader(connection, start), Reader(connection, start)
            while steps:
                reader.read(mark.advance())
            reader.read(mark.advance())
            late.read(start + len(what))
            assert (reader.seen, mark.position) == (late.seen, late.seen[-1]), when


def test_readers_of_one_process_look_one_after_the_other(url: str) -> None:
    """A second one comes while the first is between its two looks. Proves the lock of a watermark: who writes would be
    compared with what another reader has seen since, and a gap passed that was not there yet."""
    asking, go_on, asked_by_second = threading.Event(), threading.Event(), threading.Event()
    first, second = ThreadPoolExecutor(1), ThreadPoolExecutor(1, thread_name_prefix="second")
    with opened(url) as store, slow_writer(url) as slow, first, second, Watched(url) as pool:
        slow.append(happened("slow"))
        append(store, happened("fast"))

        def stop(question: bytes) -> None:
            if threading.current_thread().name.startswith("second"):
                asked_by_second.set()
            elif question is HOLDERS:
                asking.set()
                assert go_on.wait(60)

        pool.before = stop
        mark = Watermark(pool)
        one = first.submit(mark.advance)
        assert asking.wait(60)
        two = second.submit(mark.advance)
        assert not asked_by_second.wait(0.3)
        go_on.set()
        assert one.result(60) == two.result(60)
    assert asked_by_second.is_set()


def test_old_holes_are_not_looked_into_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long log with gaps: what one reader has settled, the next one takes over, and asks nobody who writes.

    Proves the watermark that is kept in the database; without it each new reader begins at 0.
    """
    monkeypatch.setattr(watermark, "SAVE_EVERY", 5)
    with opened(url) as store:
        for _ in range(3):
            with slow_writer(url) as dead:
                dead.append(happened("dead"))
            append(store, happened("fast"), happened("fast"))
        head = store.head()
    with Watched(url) as pool:
        assert Watermark(pool).advance() == head
    assert HOLDERS not in pool.asked
    assert len(pool.asked) == 2, "where it was, and what is new"


def test_what_is_kept_never_goes_back(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a reader who is late does not take back what a faster one has kept."""
    monkeypatch.setattr(watermark, "SAVE_EVERY", 1)
    with opened(url) as store, Watched(url) as pool:
        append(store, happened("one"))
        pool.before = lambda question: question is SAVE and append(store, happened("two")) and store.head()
        late, last = Watermark(pool).advance(), store.head()
        assert (late, last) == (last - 1, last)
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("select value::bigint from workledger where key = 'settled'").fetchone() == (last,)


@pytest.mark.parametrize("page", [1, 2, 3, 7])
def test_holes_at_the_edge_of_a_page_are_passed(url: str, monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    """Proves that the watermark goes on where its page of the log was full, be it full of gaps."""
    monkeypatch.setattr(watermark, "PAGE", page)
    with opened(url) as store:
        for dead, alive in ((1, 3), (2, 1), (3, 2), (1, 1)):
            with slow_writer(url) as writer:
                writer.append(*(happened("dead") for _ in range(dead)))
            [*_, last] = append(store, *(happened("alive") for _ in range(alive)))
        assert store.head() == last


def test_a_reader_who_may_not_write_reads_on(postgres_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that keeping the watermark is a favour to others, which may fail."""
    monkeypatch.setattr(watermark, "SAVE_EVERY", 1)
    readonly = (
        f"{postgres_store_url}{'&' if '?' in postgres_store_url else '?'}options=-cdefault_transaction_read_only%3Don"
    )
    with opened(postgres_store_url) as writer, opened(readonly) as reader:
        append(writer, happened("one"))
        assert [row.stream_id for row in reader.read(0, 10)] == ["one"]
        append(writer, happened("two"))
        assert [row.stream_id for row in reader.read(1, 10)] == ["two"]


def test_a_log_that_is_empty_but_for_holes_has_nothing_to_read(
    postgres_store: EventStore, postgres_store_url: str
) -> None:
    """Proves that the head is what can be read, not what was drawn."""
    with slow_writer(postgres_store_url) as dead:
        dead.append(happened("dead"))
    assert (postgres_store.head(), postgres_store.read(0, 10)) == (0, [])
    assert append(postgres_store, happened("alive")) == [2]
    assert postgres_store.head() == 2
