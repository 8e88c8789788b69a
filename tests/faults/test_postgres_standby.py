"""A standby reads on behind its primary, never past what may still come, and takes over when that is gone."""

import time
from collections.abc import Iterator

import pytest

import workledger
from support import postgres_server
from support.postgres_server import PostgresServer
from support.slow_writer import slow_writer
from support.stores import append, ascending, happened, opened
from workledger.adapters.database import DatabaseFailed
from workledger.adapters.postgres import wakeups, watermark
from workledger.adapters.postgres.store import PostgresStore
from workledger.domain.kernel.store import EventStore
from workledger.domain.task import Task


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    with postgres_server.running() as primary, opened(primary.dsn):
        yield primary


@pytest.fixture
def standby(primary: PostgresServer) -> Iterator[PostgresServer]:
    with postgres_server.running(primary=primary) as standby:
        yield standby


def positions(store: EventStore, after: int = 0) -> list[int]:
    return [row.position for row in store.read(after, 100)]


def either(primary: PostgresServer, standby: PostgresServer) -> str:
    """The URL of whichever of them takes appends."""
    return f"postgresql://postgres@/postgres?host={primary.folder},{standby.folder}&target_session_attrs=read-write"


def test_a_standby_hands_out_what_is_certain_and_no_more(
    primary: PostgresServer, standby: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that on a standby, where it cannot be seen who writes, gaps stay closed until the primary has settled
    them: were nobody found to write, they would be passed. And that a standby's refusal is taken for one, not for an
    answer that was lost."""
    monkeypatch.setattr(watermark, "SAVE_EVERY", 1)
    with opened(primary.dsn) as writer, opened(standby.dsn) as reader, slow_writer(primary.dsn) as slow:
        append(writer, happened("one"))
        slow.append(happened("slow"))
        append(writer, happened("two"))
        standby.follow(primary)
        assert positions(reader) == [1]
        assert positions(writer) == [1]
        slow.commit()
        standby.follow(primary)
        assert positions(reader) == [1, 2, 3]
        slow.append(happened("dead"))
        append(writer, happened("four"))
        slow.roll_back()
        standby.follow(primary)
        assert positions(reader) == [1, 2, 3], "the primary knows that the gap is dead"
        assert positions(writer) == [1, 2, 3, 5]
        standby.follow(primary)
        assert positions(reader) == [1, 2, 3, 5], "and has said so"
        with pytest.raises(DatabaseFailed, match="read-only transaction"):
            append(reader, happened("refused"))


def settled(store: EventStore, count: int) -> list[int]:
    """The positions that are read, once there are so many, or after some seconds."""
    give_up = time.monotonic() + 20
    while len(found := positions(store)) < count and time.monotonic() < give_up:
        time.sleep(0.05)
    return found


def test_a_gap_on_a_quiet_primary_is_passed_within_seconds(primary: PostgresServer, standby: PostgresServer) -> None:
    """One reader of the primary, and few events: proves that whoever passes a gap says so, not every so many events."""
    with opened(primary.dsn) as writer, opened(standby.dsn) as reader, slow_writer(primary.dsn) as slow:
        for number in range(3):
            slow.append(happened("dead"))
            append(writer, happened(f"s-{number}"))
            slow.roll_back()
        assert positions(writer) == [2, 4, 6]
        append(writer, happened("s-3"))
        time.sleep(watermark.SAVE_SECONDS)
        assert positions(writer) == [2, 4, 6, 7]
        assert settled(reader, 4) == [2, 4, 6, 7]


def test_a_gap_is_passed_when_nobody_reads_on_the_primary(primary: PostgresServer, standby: PostgresServer) -> None:
    """The append that left it is still under way when the last event is recorded. Proves that a process that only
    appends goes on looking."""
    with workledger.open(primary.dsn) as ledger, opened(standby.dsn) as reader, slow_writer(primary.dsn) as slow:
        slow.append(happened("dead"))
        ledger.create(Task.create(title="Once"))
        standby.follow(primary)
        assert positions(reader) == []
        time.sleep(wakeups.SETTLE_SECONDS)
        slow.roll_back()
        assert settled(reader, 1) == [2]


def test_a_standby_is_opened_to_be_read(primary: PostgresServer, standby: PostgresServer) -> None:
    with workledger.open(primary.dsn) as ledger:
        ledger.create(Task.create(title="Once", id="t"))
        ledger.catch_up()
    standby.follow(primary)
    for read_only in (True, False):
        with workledger.open(standby.dsn, read_only=read_only) as ledger:
            assert (ledger.get(Task, "t").title, ledger.head(), ledger.projector.position()) == ("Once", 1, 1)


def test_a_reader_goes_on_from_where_it_was_when_the_standby_takes_over(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    """The primary goes down with an append under way. Proves that positions are the same on both: none is skipped,
    none is handed out twice, and the gap that was left is passed."""
    with opened(either(primary, standby)) as store, slow_writer(primary.dsn) as slow:
        append(store, happened("one"), happened("two"))
        seen = list(store.read(0, 1))
        slow.append(happened("dead"))
        append(store, happened("three"))
        assert store.head() == 2
        standby.follow(primary)
        primary.stop()
        standby.promote()
        seen += store.read(seen[-1].position, 100)
        append(store, happened("four"))
        seen += store.read(seen[-1].position, 100)
    assert ascending(seen)
    assert [row.stream_id for row in seen] == ["one", "two", "three", "four"]


def test_what_the_new_primary_never_had_is_not_taken_as_read(primary: PostgresServer, standby: PostgresServer) -> None:
    """The standby lags behind when it takes over, so the end of the log is lost, and its positions come again.

    Proves that a watermark is of one server: up to the old one's, appends that are under way would be skipped.
    """
    with opened(either(primary, standby)) as store, opened(either(primary, standby)) as another:
        append(store, happened("one"), happened("two"))
        standby.follow(primary)
        standby.leave()
        append(store, *(happened("lost") for _ in range(100)))
        assert store.head() == another.head() == len(another.scan(0, 1000, upto=102)) == 102
        primary.crash()
        standby.promote()
        with opened(standby.dsn) as other, slow_writer(standby.dsn) as slow:
            [drawn] = slow.append(happened("slow"))
            [above] = append(other, happened("fast"))
            assert above < 102, "positions that the old primary had come again"
            assert store.read(2, 10) == []
            assert store.scan(2, 10, upto=102) == another.scan(2, 10, upto=102) == []
            assert store.head() == another.head() == 2
            slow.commit()
            assert positions(store, after=2) == [drawn, above]


def test_lines_to_a_primary_that_was_replaced_and_lives_on_are_given_up(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    """Proves that the log is not looked at on the old server once a line has led to the new one: readers would find
    that their lines lead to different servers, again and again."""
    with opened(either(standby, primary)) as store:
        assert isinstance(store, PostgresStore)
        append(store, happened("one"))
        assert store.head() == 1
        standby.follow(primary)
        standby.leave()
        standby.promote()
        with store._pool.connection():  # it leads to the old one, and is busy
            [last] = append(store, happened("two"))
        assert [row[1] for row in store.scan(0, 10, upto=last)] == ["one", "two"]
