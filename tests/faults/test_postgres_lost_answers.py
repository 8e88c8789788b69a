"""The network is cut in the middle of an append: it is made once, whatever became of the statement or its answer."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from support.postgres_server import GivenServer
from support.proxy import Fault, Proxy, between
from support.slow_writer import in_line, slow_writer
from support.stores import append, happened, opened
from workledger.adapters.postgres import outcome
from workledger.adapters.postgres.append import Append
from workledger.adapters.postgres.store import PostgresStore
from workledger.domain.kernel.claims import Take
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions, EventStore, Stored

Kind = tuple[list[Stored], dict[str, Any]]


@pytest.fixture(scope="module")
def url(postgres_server: GivenServer, postgres_template: str) -> Iterator[str]:
    with postgres_server.database(like=postgres_template) as url:
        yield url


@pytest.fixture
def stream() -> str:
    """A stream for each test, which has two events."""
    return f"s-{uuid4()}"


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    with between(url) as proxy:
        yield proxy


@pytest.fixture
def store(proxy: Proxy, stream: str) -> Iterator[EventStore]:
    """A store behind the proxy, with a line that has been used."""
    with opened(proxy.url) as store:
        append(store, happened(stream, 1), happened(stream, 2))
        yield store


@pytest.fixture(params=["expected", "next", "command", "claim"])
def kind(request: pytest.FixtureRequest, stream: str) -> Kind:
    """Two events and their conditions: each kind is protected against being made twice, or not, in another way."""
    version = 0 if request.param == "next" else 3
    conditions = {"command": {"command_id": stream}, "claim": {"claims": [(stream, Take(stream))]}}
    return [happened(stream, version), happened(stream, version and 4)], conditions.get(request.param, {})


def stored_once(store: EventStore, events: list[Stored], positions: list[int]) -> None:
    rows = store.read_stream(str(events[0].originator_id), after=2)
    assert [(row.position, row.event_id) for row in rows] == list(
        zip(positions, [event.event_id for event in events], strict=True)
    )


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
def test_an_append_is_made_once(store: EventStore, proxy: Proxy, kind: Kind, fault: Fault) -> None:
    """Neither twice, nor a conflict with itself, nor "already done". Proves that we look for it by its event ids."""
    events, conditions = kind
    proxy.next(fault)
    positions = append(store, *events, **conditions)
    assert proxy.struck.is_set()
    stored_once(store, events, positions)
    assert list(store.done(str(events[0].originator_id)) or ()) == (positions if "command_id" in conditions else [])


def test_a_statement_that_comes_late_is_not_carried_out(store: EventStore, proxy: Proxy, kind: Kind) -> None:
    """It lies before the server while we ask what became of it, and would be read after that. Proves that the line on
    which it may lie is ended before it is made again."""
    events, conditions = kind
    proxy.next(Fault.REQUEST_LATE)
    positions = append(store, *events, **conditions)
    proxy.deliver()
    stored_once(store, events, positions)


def test_an_append_that_is_under_way_is_waited_for(store: EventStore, proxy: Proxy, url: str, kind: Kind) -> None:
    """Another writer has its stream. Proves that we wait for an append that waits itself, and let it go first."""
    events, conditions = kind
    with ThreadPoolExecutor(1) as thread, slow_writer(url) as other:
        other.append(events[0])
        proxy.next(Fault.UNDERWAY)
        appending = thread.submit(append, store, *events, **conditions)
        in_line(url, 2)
        other.roll_back()
        stored_once(store, events, appending.result(60))


def test_an_append_that_waits_for_a_claim_is_waited_for(store: EventStore, proxy: Proxy, url: str, stream: str) -> None:
    """Proves that we stand in line for all that it locks: for its stream alone there is no line yet."""
    names = (f"name:{number}" for number in itertools.count())
    name = next(name for name in names if bucket(name) < bucket(stream))
    with ThreadPoolExecutor(1) as thread, slow_writer(url) as other:
        other.append(happened("other"), claims=[("other", Take(name))])
        proxy.next(Fault.UNDERWAY)
        appending = thread.submit(append, store, event := happened(stream), claims=[(stream, Take(name))])
        in_line(url, 2)
        other.roll_back()
        stored_once(store, [event], appending.result(60))


def bucket(key: str) -> int:
    """What is locked for it; locks are taken in this order."""
    [lock] = Append([], Conditions(command_id=key)).locks()
    return lock


@pytest.mark.parametrize(
    "faults",
    [
        [Fault.ANSWER_LOST] * 4,
        [Fault.REQUEST_LOST, Fault.NONE, Fault.NONE, Fault.NONE, Fault.ANSWER_LOST],
        [Fault.REQUEST_LATE, Fault.NONE, Fault.NONE, Fault.NONE, Fault.REQUEST_LATE],
    ],
    ids=["while-asking", "answer-again", "late-again"],
)
def test_an_append_is_made_once_however_often_the_network_is_cut(
    store: EventStore, proxy: Proxy, stream: str, faults: list[Fault]
) -> None:
    """Proves that what is made again is looked for again."""
    event = happened(stream)
    proxy.next(*faults)
    positions = append(store, event)
    assert proxy.struck.is_set()
    proxy.deliver()
    stored_once(store, [event], positions)


def test_no_lines_but_those_that_were_lost_are_ended(store: EventStore, proxy: Proxy, url: str, stream: str) -> None:
    """Another store has an idle line. Proves that each line has a name of its own, by which the server ends it."""
    who = b"select pg_backend_pid()"
    with opened(url) as other:
        assert isinstance(other, PostgresStore)
        with other._pool.connection() as connection:
            before = connection.call(who, ())
            proxy.next(Fault.REQUEST_LOST)
            append(store, happened(stream))
            assert connection.call(who, ()) == before


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
def test_what_was_refused_is_refused_though_the_answer_was_lost(
    store: EventStore, proxy: Proxy, stream: str, fault: Fault
) -> None:
    """Proves that what is not found is made again: its own refusal comes of that."""
    other, name = f"{stream}-other", f"name:{stream}"
    before = append(store, happened(other), claims=[(other, Take(name))], command_id=stream)
    proxy.next(fault)
    with pytest.raises(ConcurrencyConflict) as conflict:
        append(store, happened(stream, 2))
    assert conflict.value.details == {"stream": stream, "expected": 1, "actual": 2}
    proxy.next(fault)
    with pytest.raises(ClaimUnmet) as unmet:
        append(store, happened(stream, 3), claims=[(stream, Take(name))])
    assert unmet.value.holder == other
    proxy.next(fault)
    with pytest.raises(AlreadyDone) as done:
        append(store, happened(stream, 3), command_id=stream)
    assert list(done.value.positions) == before
    assert store.head() == before[-1]


@pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.REQUEST_LOST])
def test_a_command_that_changed_nothing_is_not_refused_for_having_been_made(
    store: EventStore, proxy: Proxy, stream: str, fault: Fault
) -> None:
    """Proves that "already done" is not said of our own call, of which no event could tell us."""
    proxy.next(fault)
    assert append(store, command_id=stream) == []
    assert store.done(stream) is not None


def test_an_outcome_that_cannot_be_learnt_is_said_to_be_unknown(
    store: EventStore, proxy: Proxy, url: str, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database cannot be reached after the answer was lost. Proves that we do not guess."""
    monkeypatch.setattr(outcome, "PATIENCE", 0.3)
    proxy.next(Fault.ANSWER_LOST)
    proxy.refuse()
    with pytest.raises(outcome.OutcomeUnknown):
        append(store, happened(stream), command_id=stream)
    with opened(url) as other:
        assert len(other.done(stream) or ()) == 1
