"""The event store, the same on each database: what is appended, in which order it is read, and what is refused."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from eventsourcing.persistence import Notification, NotSupportedError

from workledger import Workledger
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, Conditions, EventStore, Stored

Append = Callable[..., list[int]]

STORES = ("memory", "sqlite", "postgres")


def happened(stream: str, version: int, *, topic: str = "sample.happened", **fields: Any) -> Stored:
    return Stored(
        **{
            "originator_id": stream,
            "originator_version": version,
            "topic": topic,
            "state": b'{"what":"it"}',
            "at": "2026-11-21T06:00:00.000Z",
            "event_id": f"{stream}/{version}",
            **fields,
        }
    )


@pytest.fixture
def store(ledger: Workledger) -> EventStore:
    return ledger.store


@pytest.fixture
def append(store: EventStore) -> Append:
    """Appends events under conditions."""

    def append(*events: Stored, **conditions: Any) -> list[int]:
        return list(store.insert_events(events, conditions=Conditions(**conditions)))

    return append


def test_an_empty_log_has_nothing_to_read(store: EventStore) -> None:
    assert store.head() == 0
    assert store.max_notification_id() is None
    assert store.read(0, 10) == []
    assert store.read_stream("s-1") == []
    assert store.existing(["s-1"]) == set()
    assert store.done("once") is None


def test_events_are_numbered_through_the_log_and_through_their_stream(store: EventStore, append: Append) -> None:
    assert append(happened("s-1", 1), happened("s-1", 2)) == [1, 2]
    assert append(happened("s-2", 1), happened("s-1", 3)) == [3, 4]
    assert [(row.position, row.stream_id, row.version) for row in store.read(0, 10)] == [
        (1, "s-1", 1),
        (2, "s-1", 2),
        (3, "s-2", 1),
        (4, "s-1", 3),
    ]
    assert store.head() == store.max_notification_id() == 4


def test_an_event_is_read_as_it_was_appended(store: EventStore, append: Append) -> None:
    event = happened(
        "s-1",
        1,
        state='{"text":"Grüße 🌍 \\"so\\"","list":[1,2.5,null]}'.encode(),
        schema_version=3,
        actor="user:ann",
        correlation_id="why",
        causation_id="because",
        command_id="once",
        tags='{"project":"p","task":"t"}',
    )
    append(event)
    [row] = store.read(0, 10)
    assert row == store.read_stream("s-1")[0]
    assert row[:11] == (1, "s-1", 1, "sample.happened", 3, event.at, "user:ann", "s-1/1", "why", "because", "once")
    assert orjson.loads(row.tags) == {"project": "p", "task": "t"}
    assert row.data == event.state.decode()
    [stored] = store.select_events("s-1")
    assert stored == Stored(**{**vars(event), "position": 1, "tags": row.tags})


def test_version_0_is_whatever_comes_next(store: EventStore, append: Append) -> None:
    append(happened("s-1", 0), happened("s-1", 0))
    append(happened("s-1", 0), happened("s-2", 0))
    assert [row.version for row in store.read_stream("s-1")] == [1, 2, 3]
    assert [row.version for row in store.read_stream("s-2")] == [1]


@pytest.mark.parametrize(("version", "expected"), [(1, 0), (2, 1), (5, 4)])
def test_a_conflict_names_the_stream_and_both_versions(
    store: EventStore, append: Append, version: int, expected: int
) -> None:
    append(happened("s-1", 1), happened("s-1", 2))
    with pytest.raises(ConcurrencyConflict) as conflict:
        append(happened("s-1", version))
    assert conflict.value.details == {"stream": "s-1", "expected": expected, "actual": 2}
    assert store.head() == 2


def test_one_conflict_among_several_streams_stores_nothing(store: EventStore, append: Append) -> None:
    append(happened("s-2", 1))
    with pytest.raises(ConcurrencyConflict) as conflict:
        append(happened("s-1", 1), happened("s-2", 1), happened("s-3", 1), command_id="once")
    assert conflict.value.details == {"stream": "s-2", "expected": 0, "actual": 1}
    assert [row.stream_id for row in store.read(0, 10)] == ["s-2"]
    assert store.done("once") is None


def test_a_position_that_was_not_used_is_no_gap_to_wait_for(store: EventStore, append: Append) -> None:
    """What is refused may use up positions; those that are read still only grow."""
    append(happened("s-1", 1))
    with pytest.raises(ConcurrencyConflict):
        append(happened("s-1", 1))
    [position] = append(happened("s-1", 2))
    assert [row.position for row in store.read(0, 10)] == [1, position]
    assert store.head() == position


def test_a_pinned_stream_must_stand_where_it_was_seen(store: EventStore, append: Append) -> None:
    append(happened("s-1", 1))
    append(happened("s-2", 1), pinned={"s-1": 1, "s-3": 0})
    with pytest.raises(ConcurrencyConflict) as moved:
        append(happened("s-2", 2), pinned={"s-1": 0})
    assert moved.value.details == {"stream": "s-1", "expected": 0, "actual": 1}
    with pytest.raises(ConcurrencyConflict) as not_there:
        append(happened("s-2", 2), pinned={"s-3": 1})
    assert not_there.value.details == {"stream": "s-3", "expected": 1, "actual": 0}
    assert store.head() == 2


@pytest.mark.parametrize("id", ["once", ""])
def test_a_command_id_is_recorded_once_with_its_positions(store: EventStore, append: Append, id: str) -> None:
    """R4."""
    append(happened("s-0", 1))
    append(happened("s-1", 1), happened("s-1", 2), command_id=id)
    assert list(store.done(id) or ()) == [2, 3]
    with pytest.raises(AlreadyDone) as done:
        append(happened("s-2", 1), command_id=id)
    assert list(done.value.positions) == [2, 3]
    assert store.existing(["s-2"]) == set()


def test_what_was_done_is_said_before_anything_else_is_refused(append: Append) -> None:
    """R4: a repeated command would conflict with what it has done itself."""
    append(happened("s-1", 1), command_id="once")
    with pytest.raises(AlreadyDone):
        append(happened("s-1", 1), pinned={"s-9": 9}, command_id="once")


def test_the_log_is_read_page_by_page_from_any_position(store: EventStore, append: Append) -> None:
    append(*(happened(f"s-{number % 3}", 0) for number in range(10)))
    assert [row.position for row in store.read(0, 4)] == [1, 2, 3, 4]
    assert [row.position for row in store.read(4, 4)] == [5, 6, 7, 8]
    assert [row.position for row in store.read(8, 4)] == [9, 10]
    assert [row.position for row in store.read(2, 10, upto=5)] == [3, 4, 5]
    assert store.read(10, 4) == []


def test_the_log_is_read_by_topic_and_by_tag(store: EventStore, append: Append) -> None:
    append(
        happened("s-1", 1, topic="sample.a", tags='{"project":"p"}'),
        happened("s-1", 2, topic="sample.b", tags='{"project":"q"}'),
        happened("s-1", 3, topic="sample.c", tags='{"project":"p","task":"q"}'),
    )
    assert [row.version for row in store.read(0, 10, topics=["sample.a", "sample.c"])] == [1, 3]
    assert [row.version for row in store.read(0, 10, tag=("project", "p"))] == [1, 3]
    assert [row.version for row in store.read(0, 10, tag=("task", "q"))] == [3]
    assert [row.version for row in store.read(1, 10, topics=["sample.a", "sample.c"], tag=("project", "p"))] == [3]
    assert store.read(0, 10, tag=("project", "nobody")) == []


def test_what_was_just_appended_is_found_by_topic_and_by_tag(store: EventStore, append: Append) -> None:
    """However short the page is, and however much of the log was read before."""
    append(*(happened("s-1", version) for version in range(1, 6)))
    assert store.head() == len(store.read(0, 10)) == 5
    append(happened("s-1", 6, topic="sample.new"), happened("s-1", 7, tags='{"project":"p"}'))
    assert [row.position for row in store.read(0, 1, topics=["sample.new"])] == [6]
    assert [row.position for row in store.read(0, 1, tag=("project", "p"))] == [7]


def test_payloads_are_found_by_position_and_those_that_are_not_there_are_left_out(
    store: EventStore, append: Append
) -> None:
    append(*(happened("s-1", version, state=b'{"nth":%d}' % version, schema_version=2) for version in range(1, 6)))
    found = sorted(store.payloads([4, 2, 9]))
    assert [row[:3] for row in found] == [(2, "sample.happened", 2), (4, "sample.happened", 2)]
    assert [orjson.loads(row[3]) for row in found] == [{"nth": 2}, {"nth": 4}]
    assert list(store.payloads([])) == []


def test_the_events_of_an_append_are_found_whatever_lies_between_them(store: EventStore, append: Append) -> None:
    append(*(happened(f"s-{number % 2}", 0) for number in range(6)))
    assert [(row.position, row.stream_id) for row in store.by_position([5, 2, 9])] == [(2, "s-1"), (5, "s-0")]
    assert store.by_position([]) == []


def test_a_stream_is_read_from_any_version_and_backwards(store: EventStore, append: Append) -> None:
    append(*(happened("s-1", version) for version in range(1, 6)), happened("s-2", 1))
    assert [row.version for row in store.read_stream("s-1", after=2)] == [3, 4, 5]
    assert [row.version for row in store.read_stream("s-1", after=2, limit=1)] == [3]
    assert [event.originator_version for event in store.select_events("s-1", gt=1, lte=4)] == [2, 3, 4]
    assert [event.originator_version for event in store.select_events("s-1", desc=True, limit=2)] == [5, 4]


def test_notifications_are_the_log_as_eventsourcing_reads_it(store: EventStore, append: Append) -> None:
    append(happened("s-1", 1, topic="sample.a"), happened("s-1", 2, topic="sample.b"), happened("s-1", 3))
    first = Notification("s-1", 1, "sample.a", b'{"what":"it"}', id=1)
    assert store.select_notifications(None, 1) == [first]
    assert store.select_notifications(1, 1) == [first]
    assert [one.id for one in store.select_notifications(1, 10, stop=2, inclusive_of_start=False)] == [2]
    assert [one.id for one in store.select_notifications(1, 10, topics=["sample.b"])] == [2]


def test_streams_that_have_begun_are_told_from_others_however_many_are_asked_for(
    store: EventStore, append: Append
) -> None:
    append(*(happened(f"s-{number}", 1) for number in range(0, 1200, 2)))
    asked = [f"s-{number}" for number in range(1200)]
    assert store.existing(asked) == set(asked[::2])
    assert store.existing([]) == set()


def test_a_moment_is_a_version(store: EventStore, append: Append) -> None:
    append(*(happened("s-1", at, at=f"2026-11-21T06:00:0{at}.000Z") for at in (1, 2, 3)))
    assert store.version_at("s-1", "2026-11-21T06:00:00.999Z") == 0
    assert store.version_at("s-1", "2026-11-21T06:00:02.000Z") == 2
    assert store.version_at("s-1", "2027-01-01T00:00:00.000Z") == 3
    assert store.version_at("s-2", "2027-01-01T00:00:00.000Z") == 0


@pytest.mark.parametrize("statement", ["update events set actor = 'me'", "delete from events where version = 1"])
def test_stored_events_cannot_be_changed_or_deleted(ledger: Workledger, append: Append, statement: str) -> None:
    append(happened("s-1", 1))
    with pytest.raises(sa.exc.DBAPIError, match="never changed or deleted"), ledger.tables.writing() as connection:
        connection.exec_driver_sql(statement)
    assert [row.actor for row in ledger.read()] == ["system"]


@pytest.mark.parametrize("position", ["1", "null", "7"])
def test_a_row_in_the_way_of_another_is_not_replaced(ledger: Workledger, append: Append, position: str) -> None:
    append(happened("s-1", 1))
    columns = "position, stream_id, version, topic, schema_version, at, actor, event_id, tags, data"
    row = f"{position}, 's-1', {2 if position == '1' else 1}, 't', 1, '2026', 'me', 'e', '{{}}', '{{}}'"
    replace = f"insert or replace into events ({columns}) values ({row})"
    if ledger.url.startswith("postgres"):
        replace = replace.replace(" or replace", "").replace("null", "default")
    with pytest.raises(sa.exc.DBAPIError), ledger.tables.writing() as connection:
        connection.exec_driver_sql(replace)
    assert [(row.stream_id, row.actor) for row in ledger.read()] == [("s-1", "system")]
    append(happened("s-1", 2))


def test_erasing_is_the_only_way_out_and_takes_one_topic_of_one_stream(ledger: Workledger, append: Append) -> None:
    append(
        happened("s-1", 1, state='"ä"'.encode()),
        happened("s-1", 2, state=b'"bb"'),
        happened("s-1", 3, topic="sample.kept"),
        happened("s-1", 4),
        happened("s-2", 1),
    )
    store = ledger.store
    assert store.measure("s-1", "sample.kept") == (3, 1, len(b'{"what":"it"}'))
    assert store.measure("s-3", "sample.happened") == (0, 0, 0)
    store.erase("s-1", "sample.happened", 2)
    assert [(row.stream_id, row.version) for row in store.read(0, 10)] == [("s-1", 3), ("s-1", 4), ("s-2", 1)]
    assert append(happened("s-1", 0)) == [6]
    with pytest.raises(sa.exc.DBAPIError, match="never changed or deleted"), ledger.tables.writing() as connection:
        connection.exec_driver_sql("delete from events where version = 4")


def test_what_is_measured_is_bytes(store: EventStore, append: Append) -> None:
    append(happened("s-1", 1, state='"ä🌍"'.encode()))
    assert store.measure("s-1", "sample.happened") == (1, 1, len('"ä🌍"'.encode()))


def test_the_feed_of_eventsourcing_is_not_offered(store: EventStore) -> None:
    with pytest.raises(NotSupportedError):
        store.subscribe()
