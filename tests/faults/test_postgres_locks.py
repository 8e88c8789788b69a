"""What an append locks before it does anything else, so that nothing happens behind its back, or behind a reader's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from support.slow_writer import drawn, in_line, slow_writer
from support.stores import append, happened
from workledger.adapters.postgres.append import Append
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, Conditions, EventStore

APPENDS = "select pg_advisory_xact_lock(1464615268, hashtext(current_schema()))"
"""Alone in the lock that all appends share, and by which readers know who may still fill a gap."""

KINDS: dict[str, tuple[int, int, dict[str, Any]]] = {
    "one-event": (1, 1, {}),
    "many-events": (3, 1, {}),
    "many-streams": (1, 3, {}),
    "many-of-many": (2, 3, {"command_id": "once", "claims": [("s-1", Take("name:ann"))], "pinned": {"s-0": 1}}),
}


@pytest.mark.parametrize(("events", "streams", "conditions"), KINDS.values(), ids=KINDS)
def test_no_position_is_drawn_before_readers_can_see_who_draws_it(
    postgres_store_url: str, postgres_store: EventStore, events: int, streams: int, conditions: dict[str, Any]
) -> None:
    """An append has to wait for the lock of appends. Proves that this lock is its first step: a position that was drawn
    before it would be a gap that nobody seems to fill, and readers would pass it."""
    append(postgres_store, happened("s-0"))
    batch = [happened(f"s-{stream}") for stream in range(1, streams + 1) for _ in range(events)]
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_store_url) as other:
        other.execute(APPENDS)
        appending = thread.submit(append, postgres_store, *batch, **conditions)
        in_line(postgres_store_url, 1)
        assert drawn(postgres_store_url) == 1
        other.rollback()
        assert appending.result(60) == list(range(2, 2 + len(batch)))


@pytest.fixture
def store(postgres_store: EventStore) -> EventStore:
    """A store in which the stream `seen` has one event."""
    append(postgres_store, happened("seen", 1))
    return postgres_store


def test_a_decision_waits_for_an_append_to_what_it_has_seen(postgres_store_url: str, store: EventStore) -> None:
    """Proves that a pinned stream is locked before it is looked at: an append that is under way there would else come
    before the decision in the log, which was made without it."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as slow:
        slow.append(happened("seen", 2))
        deciding = thread.submit(append, store, happened("decided", 1), pinned={"seen": 1})
        in_line(postgres_store_url, 1)
        slow.commit()
        with pytest.raises(ConcurrencyConflict) as conflict:
            deciding.result(60)
    assert conflict.value.details == {"stream": "seen", "expected": 1, "actual": 2}
    assert store.read_stream("decided") == []


@pytest.mark.parametrize(("stream", "version"), [("seen", 1), ("missing", 0)])
def test_what_a_decision_has_seen_does_not_move_on_until_it_is_made(
    postgres_store_url: str, store: EventStore, stream: str, version: int
) -> None:
    """Proves that a pinned stream stays locked, and that what is not there can be too: else it moves on between the
    look and the commit, and readers find the event before the decision that was made without it."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as slow:
        slow.append(happened("decided", 1), pinned={stream: version})
        moving = thread.submit(append, store, happened(stream, version + 1))
        in_line(postgres_store_url, 1)
        slow.commit()
        assert moving.result(60) == [3]


def test_decisions_on_the_same_stream_do_not_wait_for_each_other(postgres_store_url: str, store: EventStore) -> None:
    """Proves that the lock of a pinned stream is shared."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as slow:
        slow.append(happened("decided", 1), pinned={"seen": 1})
        assert thread.submit(append, store, happened("too", 1), pinned={"seen": 1}).result(60) == [3]


@pytest.mark.parametrize("events", [1, 2, 0], ids=["one-event", "many-events", "nothing"])
def test_a_command_that_is_sent_twice_at_once_waits_for_itself(
    postgres_store_url: str, postgres_store: EventStore, events: int
) -> None:
    """Proves that a command id is locked before it is looked up: the second would else find nothing, go on, and fail
    on an index."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as slow:
        first = slow.append(*(happened("s-1") for _ in range(events)), command_id="once")
        again = thread.submit(append, postgres_store, *(happened("s-2") for _ in range(events)), command_id="once")
        in_line(postgres_store_url, 1)
        assert drawn(postgres_store_url) == max(events, 1), "the second has drawn nothing"
        slow.commit()
        with pytest.raises(AlreadyDone) as done:
            again.result(60)
    assert done.value.positions == first == list(range(1, events + 1))
    assert postgres_store.read_stream("s-2") == []


def test_a_command_that_is_sent_again_is_carried_out_when_the_first_gives_up(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves that what was not committed is not taken for done."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as slow:
        slow.append(happened("s-1"), command_id="once")
        again = thread.submit(append, postgres_store, happened("s-2"), command_id="once")
        in_line(postgres_store_url, 1)
        slow.roll_back()
        assert again.result(60) == [2]
    assert list(postgres_store.done("once") or ()) == [2]


def lock(key: str) -> int:
    [bucket] = Append([], Conditions(command_id=key)).locks()
    return bucket


FIRST, *OTHERS = sorted((f"s-{number}" for number in range(20)), key=lock)
"""Streams in the order in which all appends lock them."""

MANY: dict[str, Callable[[EventStore], list[int]]] = {
    "streams": lambda store: append(store, *map(happened, [*OTHERS, FIRST])),
    "pinned": lambda store: append(store, happened(FIRST), pinned=dict.fromkeys(OTHERS, 0)),
    "claims": lambda store: append(store, claims=[("s", Take(key)) for key in (*OTHERS, FIRST)]),
    "command": lambda store: append(store, *map(happened, OTHERS), command_id=FIRST),
}


@pytest.mark.parametrize("append_many", MANY.values(), ids=MANY)
def test_no_two_appends_ever_wait_for_each_other(
    postgres_store_url: str, postgres_store: EventStore, append_many: Callable[[EventStore], list[int]]
) -> None:
    """Who stands in line for the first stream has taken none of the others yet, in whichever order they are given.
    Proves that all appends take their locks in one order: else two of them could each have what the other waits for."""
    with ThreadPoolExecutor(1) as thread, psycopg.connect(postgres_store_url) as other:
        other.execute("select pg_advisory_xact_lock(1464615270, %s)", [lock(FIRST)])
        appending = thread.submit(append_many, postgres_store)
        in_line(postgres_store_url, 1)
        free = "select bool_and(pg_try_advisory_xact_lock(1464615270, bucket)) from unnest(%s::int[]) as bucket"
        all_free = other.execute(free, [list(map(lock, OTHERS))]).fetchone()
        other.rollback()
        appending.result(60)
    assert all_free == (True,)
