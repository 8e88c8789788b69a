"""The reactor as a loop: one at a time, woken by appends, and taken over when it dies."""

import time
from collections.abc import Callable

import pytest

from support.policy_desk import Desk, crash
from workledger import Workledger
from workledger.domain.policies import RETRY_ON_CRASH
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.reactor_loop import LEASE, ReactorLoop
from workledger.projections.engine.state import leases

PATIENCE = 30.0


def until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.005)


@pytest.fixture
def desk(database_ledger: Workledger) -> Desk:
    """Ann works on a task."""
    desk = Desk(database_ledger, RETRY_ON_CRASH)
    desk.card("t")
    desk.at_work("t", "r1")
    return desk


def loop_of(desk: Desk) -> ReactorLoop:
    reactor = Reactor(desk.ledger, desk.ledger.tables, (RETRY_ON_CRASH,))
    return ReactorLoop(reactor, lease_seconds=0.5)


def test_it_reacts_to_what_is_appended(desk: Desk) -> None:
    loop = loop_of(desk)
    loop.start()
    desk.ledger.listen(loop.wake)
    until(lambda: loop.leading)
    desk.run("r1", crash)
    until(lambda: desk.state("t") == "queued" and loop.reactor.position == desk.ledger.head())
    loop.stop()
    assert (loop.alive, loop.error) == (False, None)
    assert desk.reactor.checkpoints()[RETRY_ON_CRASH].position == desk.ledger.head()


def test_one_works_and_the_other_takes_over_when_it_is_gone(desk: Desk) -> None:
    leases.take(desk.ledger.tables, {LEASE}, "one that has died", 0.7)
    first, second = loop_of(desk), loop_of(desk)
    for loop in (first, second):
        loop.start()
    assert [first.leading, second.leading] == [False, False]
    until(lambda: first.leading or second.leading)
    assert first.leading is not second.leading
    leader, other = (first, second) if first.leading else (second, first)
    leader.stop()
    until(lambda: other.leading)
    desk.run("r1", crash)
    until(lambda: desk.state("t") == "queued")
    other.stop()


def test_it_tries_again_after_a_failure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(desk)
    monkeypatch.setattr("workledger.projections.engine.follow.worker_loop.PAUSE_SECONDS", 0.01)
    forward = loop.reactor.forward
    monkeypatch.setattr(loop.reactor, "forward", lambda go_on: 1 / 0)
    loop.start()
    until(lambda: loop.error is not None)
    assert not loop.healthy
    desk.run("r1", crash)
    monkeypatch.setattr(loop.reactor, "forward", forward)
    until(lambda: desk.state("t") == "queued")
    until(lambda: loop.healthy)
    loop.stop()
