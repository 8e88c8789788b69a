"""Writers that hold a position and do not commit: no reader passes them, and none waits for those who never will."""

from collections.abc import Callable
from contextlib import ExitStack

import psycopg
import pytest

from support.postgres_server import GivenServer
from support.slow_writer import SlowWriter, end_sessions, slow_writer
from support.stores import append, happened, opened
from workledger.domain.kernel.store import EventStore

End = Callable[[SlowWriter], None]


def positions(store: EventStore, after: int = 0) -> list[int]:
    return [row.position for row in store.read(after, 100)]


def cut(slow: SlowWriter) -> None:
    end_sessions(slow.connection.info.dsn, [slow.pid])


def test_what_is_committed_above_an_open_append_waits_for_it(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves that gaps are held open by the locks of those who may fill them: without that look, 2 is skipped."""
    append(postgres_store, happened("before"))
    with slow_writer(postgres_store_url) as slow:
        assert slow.append(happened("slow")) == [2]
        append(postgres_store, happened("fast"), happened("fast"))
        assert positions(postgres_store) == [1], "what is contiguous is handed out"
        assert (positions(postgres_store, after=1), postgres_store.head()) == ([], 1)
        slow.commit()
        assert positions(postgres_store, after=1) == [2, 3, 4]


@pytest.mark.parametrize("end", [SlowWriter.roll_back, cut])
def test_a_dead_append_is_passed_at_once(postgres_store_url: str, postgres_store: EventStore, end: End) -> None:
    """Proves that dead gaps are passed, and that no clock decides it: the first look after the end goes past it."""
    with slow_writer(postgres_store_url) as slow:
        slow.append(happened("slow"), happened("slow"))
        append(postgres_store, happened("fast"))
        assert positions(postgres_store) == []
        end(slow)
        assert (positions(postgres_store), postgres_store.head()) == ([3], 3)


def test_a_dead_append_is_passed_while_younger_ones_are_open(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves that a gap waits for those who were there when it was seen, not for whoever writes by now."""
    with slow_writer(postgres_store_url) as dead, slow_writer(postgres_store_url) as younger:
        dead.append(happened("dead"))
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 0
        younger.append(happened("younger"))
        dead.roll_back()
        assert (positions(postgres_store), postgres_store.head()) == ([2], 2)
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 2
        younger.commit()
        assert positions(postgres_store, after=2) == [3, 4]


def test_a_hole_that_was_looked_at_again_waits_for_nobody_new(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves that those who are waited for become fewer with each look: where appends always overlap, a gap would
    otherwise never be passed."""
    with ExitStack() as stack:
        one, two, younger = (stack.enter_context(slow_writer(postgres_store_url)) for _ in range(3))
        one.append(happened("dead-1"))
        two.append(happened("dead-2"))
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 0
        younger.append(happened("younger"))
        one.roll_back()
        assert postgres_store.head() == 0
        two.roll_back()
        assert (positions(postgres_store), postgres_store.head()) == ([3], 3)


def test_a_dead_append_is_passed_while_its_writer_is_at_the_next_one(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves that a gap waits for an append, not for the connection that made it: a busy writer would hold it open
    for ever."""
    with slow_writer(postgres_store_url) as slow:
        slow.append(happened("dead"))
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 0
        slow.roll_back()
        slow.append(happened("next"))
        assert (positions(postgres_store), postgres_store.head()) == ([2], 2)


def test_overlapping_slow_appends_are_waited_for_one_by_one(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Commits come in the order 5, 3, 1 with 4 and 2 never. Proves that all who wrote are waited for, not some."""
    with ExitStack() as stack:
        slow = [stack.enter_context(slow_writer(postgres_store_url)) for _ in range(5)]
        for number, writer in enumerate(slow, 1):
            assert writer.append(happened(f"slow-{number}")) == [number]
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 0
        reached = []
        for number, end in ((5, "commit"), (4, "roll_back"), (3, "commit"), (2, "roll_back"), (1, "commit")):
            getattr(slow[number - 1], end)()
            reached.append(postgres_store.head())
        assert reached == [0, 0, 0, 0, 6]
        assert positions(postgres_store) == [1, 3, 5, 6]


@pytest.mark.parametrize("last", [0, 1, 2])
def test_a_hole_waits_for_whichever_of_those_who_wrote_may_fill_it(
    postgres_store_url: str, postgres_store: EventStore, last: int
) -> None:
    """Three hold a position and end one by one, one of them, each in its turn, after the others. Proves that all are
    waited for: whoever waits for one of them only, be it the first, the last or any, skips what another commits."""
    with ExitStack() as stack:
        slow = [stack.enter_context(slow_writer(postgres_store_url)) for _ in range(3)]
        for number, writer in enumerate(slow, 1):
            assert writer.append(happened(f"slow-{number}")) == [number]
        append(postgres_store, happened("fast"))
        assert postgres_store.head() == 0
        for writer in (*slow[:last], *slow[last + 1 :]):
            writer.roll_back()
            assert (postgres_store.head(), positions(postgres_store)) == (0, [])
        slow[last].commit()
        assert positions(postgres_store) == [last + 1, 4]


def test_a_reader_that_comes_later_waits_as_well(postgres_store_url: str, postgres_store: EventStore) -> None:
    """Proves that what holds a gap open is in the database: readers of other processes see it too."""
    with slow_writer(postgres_store_url) as slow:
        slow.append(happened("slow"))
        append(postgres_store, happened("fast"))
        with opened(postgres_store_url) as other:
            assert positions(other) == []
            slow.commit()
            assert positions(other) == [1, 2]


def test_those_who_look_on_do_not_hold_up_readers(postgres_server: GivenServer, postgres_store_url: str) -> None:
    """Sessions stay idle in their transactions all along: a reader, a writer of another table, and, in another
    database and another schema, appends. Proves that a gap waits for appends to this log alone."""
    with ExitStack() as stack:
        elsewhere = stack.enter_context(postgres_server.database(like=postgres_store_url))
        beside = f"{postgres_store_url}{'&' if '?' in postgres_store_url else '?'}options=-csearch_path%3Dbeside"
        with psycopg.connect(postgres_store_url, autocommit=True) as connection:
            connection.execute("create table notes (note text)")
            connection.execute("create schema beside")
        stack.enter_context(opened(beside))
        reader = stack.enter_context(psycopg.connect(postgres_store_url))
        reader.execute("set transaction isolation level repeatable read")
        reader.execute("select * from events")
        other = stack.enter_context(psycopg.connect(postgres_store_url))
        other.execute("insert into notes values ('idle')")
        for url in (elsewhere, beside):
            assert stack.enter_context(slow_writer(url)).append(happened("slow")) == [1]
        store = stack.enter_context(opened(postgres_store_url))
        with slow_writer(postgres_store_url) as dead:
            dead.append(happened("dead"))
            append(store, happened("fast"))
        assert positions(store) == [2]
