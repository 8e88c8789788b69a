"""The reactor as a loop: one at a time, woken by appends, and taken over when it dies."""

from typing import Any

import pytest

from commandline.typed import wait_until
from support.policy_desk import Desk, crash
from workledger import Workledger
from workledger.domain.policies import RETRY_ON_CRASH
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.reactor_loop import LEASE, ReactorLoop
from workledger.projections.engine.state import held_leases, leases
from workledger.projections.engine.state.leases import LEASES, take
from workledger.projections.engine.tables import ReadTables


@pytest.fixture
def desk(database_ledger: Workledger, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Ann works on a task. Leases are renewed often, and do not expire on a slow machine."""
    monkeypatch.setattr(held_leases, "RENEWALS", 200)
    desk = Desk(database_ledger, RETRY_ON_CRASH)
    desk.card("t")
    desk.at_work("t", "r1")
    return desk


def loop_of(desk: Desk) -> ReactorLoop:
    reactor = Reactor(desk.ledger, desk.ledger.tables, (RETRY_ON_CRASH,))
    return ReactorLoop(reactor, lease_seconds=60.0)


def test_it_reacts_to_what_is_appended(desk: Desk) -> None:
    loop = loop_of(desk)
    loop.start()
    desk.ledger.listen(loop.wake)
    wait_until(lambda: loop.leading)
    desk.run("r1", crash)
    wait_until(lambda: desk.state("t") == "queued" and loop.reactor.position == desk.ledger.head())
    loop.stop()
    assert (loop.alive, loop.error) == (False, None)
    assert desk.reactor.checkpoints()[RETRY_ON_CRASH].position == desk.ledger.head()


def test_one_works_and_the_other_takes_over_when_it_is_gone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    take(desk.ledger.tables, {LEASE}, "one that has died", 60.0)
    answers: dict[str, set[str]] = {}

    def answered(tables: ReadTables, names: set[str], owner: str, *rest: Any, **also: Any) -> set[str]:
        answers[owner] = take(tables, names, owner, *rest, **also)
        return answers[owner]

    monkeypatch.setattr(leases, "take", answered)
    first, second = loop_of(desk), loop_of(desk)
    for loop in (first, second):
        loop.start()
    wait_until(lambda: len(answers) == 2)
    assert set(map(frozenset, answers.values())) == {frozenset()}
    assert [first.leading, second.leading] == [False, False]
    with desk.ledger.tables.writing() as connection:
        connection.execute(LEASES.update().values(until=0.0))
    wait_until(lambda: first.leading or second.leading)
    answers.clear()
    wait_until(lambda: len(answers) == 2)
    assert first.leading is not second.leading
    leader, other = (first, second) if first.leading else (second, first)
    leader.stop()
    wait_until(lambda: other.leading)
    desk.run("r1", crash)
    wait_until(lambda: desk.state("t") == "queued")
    other.stop()


def test_it_tries_again_after_a_failure(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = loop_of(desk)
    monkeypatch.setattr("workledger.projections.engine.follow.worker_loop.PAUSE_SECONDS", 0.01)
    forward = loop.reactor.forward
    monkeypatch.setattr(loop.reactor, "forward", lambda go_on: 1 / 0)
    loop.start()
    wait_until(lambda: loop.error is not None)
    assert not loop.healthy
    desk.run("r1", crash)
    monkeypatch.setattr(loop.reactor, "forward", forward)
    wait_until(lambda: desk.state("t") == "queued")
    wait_until(lambda: loop.healthy)
    loop.stop()
