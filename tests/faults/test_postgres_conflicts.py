"""Writers that meet: one wins, the others are told why, and who loses leaves no trace in the log."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from multiprocessing.connection import Connection

import psycopg
import pytest

from support import writers
from support.postgres_server import GivenServer
from support.slow_writer import drawn, in_line, slow_writer
from support.stores import append, happened, opened
from workledger.domain.kernel.claims import Claim, Limit, Release, Require, Take, Vacancy
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, EventStore

CAPACITY, PROCESSES, ROUNDS = 3, 8, 12


def test_who_is_refused_draws_no_position(postgres_store_url: str, postgres_store: EventStore) -> None:
    """Proves that everything is checked before positions are drawn: what is refused makes no gaps to wait for."""
    store = postgres_store
    append(store, happened("s-1", 1), claims=[("s-1", Take("name:ann"))], command_id="once")
    for _ in range(3):
        with pytest.raises(ConcurrencyConflict):
            append(store, happened("s-1", 1), happened("s-2", 1))
        with pytest.raises(ConcurrencyConflict):
            append(store, happened("s-2", 1), pinned={"s-1": 0})
        with pytest.raises(ClaimUnmet):
            append(store, happened("s-2", 1), claims=[("s-2", Take("name:ann"))])
        with pytest.raises(AlreadyDone):
            append(store, happened("s-2", 1), command_id="once")
    assert drawn(postgres_store_url) == 1
    assert append(store, happened("s-1", 2)) == [2]


def test_who_comes_second_waits_and_is_told_what_the_first_has_done(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Proves the lock of a stream: the second neither fails on an index, nor draws a position."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as first:
        first.append(happened("s-1", 1), happened("s-1", 2))
        second = thread.submit(append, postgres_store, happened("s-0", 1), happened("s-1", 1))
        in_line(postgres_store_url, 1)
        first.commit()
        with pytest.raises(ConcurrencyConflict) as conflict:
            second.result(60)
    assert conflict.value.details == {"stream": "s-1", "expected": 0, "actual": 2}
    assert drawn(postgres_store_url) == 2


def test_who_comes_second_wins_when_the_first_gives_up(postgres_store_url: str, postgres_store: EventStore) -> None:
    """Proves that the second decides on what is there once it has the lock, not on what it saw before."""
    with ThreadPoolExecutor(1) as thread, slow_writer(postgres_store_url) as first:
        first.append(happened("s-1", 1))
        second = thread.submit(append, postgres_store, happened("s-1", 1))
        in_line(postgres_store_url, 1)
        first.roll_back()
        assert second.result(60) == [2]


def test_what_a_command_has_done_is_not_what_others_did_meanwhile(
    postgres_store_url: str, postgres_store: EventStore
) -> None:
    """Another append has drawn a position between those of the command. Proves that a repeated command is told of its
    own events only, before it is made again and when it is."""
    with psycopg.connect(postgres_store_url, autocommit=True) as connection:
        connection.execute("alter sequence events_position_seq increment by 2")
        assert append(postgres_store, happened("s-1"), happened("s-1"), command_id="once") == [1, 3]
        connection.execute("alter sequence events_position_seq increment by 1 restart with 2")
        assert append(postgres_store, happened("s-2"), command_id="meanwhile") == [2]
    with pytest.raises(AlreadyDone) as done:
        append(postgres_store, happened("s-1"), command_id="once")
    assert done.value.positions == list(postgres_store.done("once") or ()) == [1, 3]
    assert list(postgres_store.done("meanwhile") or ()) == [2]


def race(pipe: Connection, url: str, number: int) -> None:
    """Append version after version to one stream, and say which were won, and what the others were told."""
    with opened(url) as store:
        pipe.send("ready")
        pipe.recv()
        for version in range(1, ROUNDS + 1):
            try:
                append(store, happened("s-1", version, actor=f"user:{number}"))
                pipe.send((version, None))
            except ConcurrencyConflict as conflict:
                pipe.send((version, conflict.details))


def test_of_all_who_race_for_a_version_one_wins(postgres_store_url: str, postgres_store: EventStore) -> None:
    """Eight processes, version after version. Proves that losers, who learn why, draw no position: there is no gap."""
    outcomes = defaultdict(list)
    for version, told in at_once(race, postgres_store_url):
        outcomes[version].append(told)
    for version in range(1, ROUNDS + 1):
        losers = [told for told in outcomes[version] if told]
        assert len(losers) == PROCESSES - 1
        assert all(told["stream"] == "s-1" and told["expected"] == version - 1 < told["actual"] for told in losers)
    assert [row.position for row in postgres_store.read(0, 1000)] == list(range(1, ROUNDS + 1))
    assert drawn(postgres_store_url) == ROUNDS


def come_and_go(pipe: Connection, url: str, number: int) -> None:
    """Take one of a few places, and leave it, again and again; say how often there was none."""
    stream, full = f"guest-{number}", 0
    with opened(url) as store:
        pipe.send("ready")
        pipe.recv()
        for _ in range(ROUNDS):
            came, place = happened(stream, topic="came"), "places"
            try:
                append(store, came, claims=[(stream, Vacancy(place)), (stream, Take(place))])
            except ClaimUnmet as unmet:
                full += bool(unmet.holder)
            else:
                append(store, happened(stream, topic="went"), claims=[(stream, Release(place))])
    pipe.send(full)


def test_never_do_more_hold_a_key_than_may(postgres_store_url: str, postgres_store: EventStore) -> None:
    """Eight processes take and leave three places. Proves the lock of a claim: the log says who was there at once."""
    append(postgres_store, happened("house"), claims=[("house", Limit("places", capacity=CAPACITY))])
    full = at_once(come_and_go, postgres_store_url)
    assert sum(full) > 0, "they did not meet"
    here: set[str] = set()
    for row in postgres_store.read(1, 10_000):
        (here.add if row.topic == "came" else here.remove)(row.stream_id)
        assert len(here) <= CAPACITY
    assert not here
    assert postgres_store.holders("places") == []


def at_once(work: object, url: str) -> list:
    """All that so many processes say who do that at once."""
    with ExitStack() as stack:
        started = [stack.enter_context(writers.running(work, url, number)) for number in range(PROCESSES)]
        assert [pipe.recv() for _, pipe in started] == ["ready"] * PROCESSES
        for _, pipe in started:
            pipe.send("go")
        for process, _ in started:
            writers.finish(process)
        return [said for _, pipe in started for said in writers.heard(pipe)]


@pytest.fixture(scope="module")
def url(postgres_server: GivenServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(like=postgres_template) as url:
        yield url


SKEWED: dict[str, tuple[Claim, Claim]] = {
    "leave-what-is-needed": (Release("a"), Require("a")),
    "need-what-is-left": (Require("a"), Release("a")),
    "take-what-is-taken": (Take("b"), Take("b")),
    "take-what-must-be-vacant": (Take("b"), Vacancy("b", capacity=1)),
    "take-what-is-vacant": (Vacancy("b", capacity=1), Take("b")),
    "lower-the-limit": (Limit("c", capacity=1), Take("c")),
}


@pytest.mark.parametrize(("first", "second"), SKEWED.values(), ids=SKEWED)
def test_what_an_append_relies_on_does_not_change_before_it_ends(url: str, first: Claim, second: Claim) -> None:
    """A second append that would take away what a first one saw, or the other way round, waits for it to end.

    Proves that claims are locked for as long as the append lasts, shared by those who only need them.
    """
    with opened(url) as store, ThreadPoolExecutor(1) as thread, slow_writer(url) as slow:
        for key, holder in (("a", "s-0"), ("c", "s-0")):
            append(store, happened("s-0"), claims=[("s-0", Limit(key, capacity=2)), (holder, Take(key))])
        claims = [("s-0" if isinstance(second, Release) else "s-2", second)]
        slow.append(happened("s-1"), claims=[("s-0" if isinstance(first, Release) else "s-1", first)])
        waiting = thread.submit(append, store, happened("s-2"), claims=claims)
        in_line(url, 1)
        slow.roll_back()
        assert waiting.result(60)
        append(store, happened("s-2"), claims=[("s-2", Release("b")), ("s-2", Release("c")), ("s-0", Release("a"))])


def test_those_who_only_need_a_key_do_not_wait_for_each_other(url: str) -> None:
    """Proves that such locks are shared: agents of one project do not queue for it."""
    with opened(url) as store, ThreadPoolExecutor(1) as thread, slow_writer(url) as slow:
        append(store, happened("s-0"), claims=[("s-0", Take("d"))])
        slow.append(happened("s-1"), claims=[("s-1", Require("d"))])
        assert thread.submit(append, store, happened("s-2"), claims=[("s-2", Require("d"))]).result(60)
