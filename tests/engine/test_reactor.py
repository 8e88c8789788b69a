"""The reactor: each event is reacted to once, in order, from where the policy was enabled on."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import workledger
from workledger import Refused, Workledger
from workledger.adapters.postgres.connection import ConnectionLost
from workledger.domain.agent import Agent
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.mapping import decode
from workledger.domain.kernel.policy import Policy, Reaction
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.kernel.unit import Unit
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated, TaskDetailsChanged
from workledger.projections.engine.follow.replay import DeadLetterNotFound
from workledger.projections.engine.react import attempts, postponed
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import checkpoints, dead_letters
from workledger.projections.groups import GROUPS


def ask_for_review(reaction: Reaction) -> None:
    reaction.decide(lambda unit: unit.create(Task.create(title=f"Review {reaction.event.title}", category="review")))


def to_be_reviewed(past: Recorded) -> bool:
    return isinstance(past.event, TaskCreated) and past.event.category == "execute"


REVIEW = Policy("review", (TaskCreated,), ask_for_review, when=to_be_reviewed)


class Busy(Refused):
    """Not now."""

    code = "DATABASE_BUSY"


class TooEarly(Refused):
    """Not yet."""

    code = "REFUSED"


@pytest.fixture(autouse=True)
def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(postponed, "RETRY_SECONDS", 0)


def begin(ledger: Workledger, *titles: str) -> None:
    with ledger.unit() as unit:
        for title in titles:
            unit.create(Task.create(id=title, title=title))


def rename(ledger: Workledger, id: str, *titles: str) -> None:
    for title in titles:
        with ledger.edit(Task, id) as task:
            task.change_details(title=title)


def reviews(ledger: Workledger) -> list[str]:
    created = [decode(row).event for row in ledger.read(topics=[TaskCreated.TOPIC])]
    return [event.title for event in created if isinstance(event, TaskCreated) and event.category == "review"]


def enabled(ledger: Workledger, *policies: Policy, **options: Any) -> Reactor:
    reactor = Reactor(ledger, ledger.tables, policies, **options)
    reactor.prepare()
    return reactor


def listening(react: Callable[[Reaction], None], **details: Any) -> Policy:
    return Policy("listen", (TaskDetailsChanged,), react, **details)


def letters(ledger: Workledger) -> list[tuple[str, str | None, int]]:
    with ledger.tables.engine.connect() as connection:
        return [(one.stream_id, one.error, one.attempts) for one in dead_letters.find(connection)]


# Where it stands


def test_a_policy_begins_at_the_head_of_the_log(database_ledger: Workledger) -> None:
    begin(database_ledger, "a")
    reactor = enabled(database_ledger, REVIEW)
    begin(database_ledger, "b")
    assert reactor.catch_up() == database_ledger.head()
    assert reviews(database_ledger) == ["Review b"]


def test_it_begins_at_the_start_when_told_to(memory_ledger: Workledger) -> None:
    begin(memory_ledger, "a")
    enabled(memory_ledger, REVIEW, from_start=True).catch_up()
    assert reviews(memory_ledger) == ["Review a"]


def test_it_goes_on_where_it_was(database_ledger: Workledger) -> None:
    reactor = enabled(database_ledger, REVIEW)
    begin(database_ledger, "a")
    reactor.catch_up()
    begin(database_ledger, "b")
    enabled(database_ledger, REVIEW).catch_up()
    assert reviews(database_ledger) == ["Review a", "Review b"]


def test_what_happened_while_it_was_off_can_be_passed_over(memory_ledger: Workledger) -> None:
    enabled(memory_ledger, REVIEW)
    begin(memory_ledger, "a")
    reactor = enabled(memory_ledger, REVIEW)
    assert reactor.skip(REVIEW) == memory_ledger.head()
    begin(memory_ledger, "b")
    reactor.catch_up()
    assert reviews(memory_ledger) == ["Review b"]


@pytest.mark.parametrize("batch", [1, 2, 500])
def test_events_of_no_concern_are_passed(memory_ledger: Workledger, batch: int) -> None:
    reactor = enabled(memory_ledger, REVIEW, batch=batch)
    begin(memory_ledger, "a", "b", "c")
    rename(memory_ledger, "a", "d", "e")
    assert reactor.catch_up() == memory_ledger.head()
    assert reactor.checkpoints()[REVIEW].position == memory_ledger.head()
    assert reviews(memory_ledger) == ["Review a", "Review b", "Review c"]


def test_a_name_is_given_once(memory_ledger: Workledger) -> None:
    with pytest.raises(ValueError, match="one name"):
        enabled(memory_ledger, REVIEW, replace(REVIEW, when=lambda past: False))


# Once


def test_a_place_that_is_lost_costs_time_and_nothing_else(database_ledger: Workledger) -> None:
    enabled(database_ledger, REVIEW, from_start=True)
    begin(database_ledger, "a", "b")
    for _ in range(2):
        enabled(database_ledger, REVIEW, from_start=True).catch_up()
        with database_ledger.tables.writing() as connection:
            checkpoints.delete(connection, "policy:review")
    assert reviews(database_ledger) == ["Review a", "Review b"]


def test_one_that_wakes_after_another_took_over_does_no_harm(database_ledger: Workledger) -> None:
    asleep, awake = threading.Event(), threading.Event()

    def slowly(reaction: Reaction) -> None:
        asleep.set()
        awake.wait(60)
        ask_for_review(reaction)

    begin(database_ledger, "a", "b")
    slow = enabled(database_ledger, replace(REVIEW, react=slowly), from_start=True)
    thread = threading.Thread(target=slow.catch_up)
    thread.start()
    assert asleep.wait(60)
    with workledger.open(database_ledger.url) as other:
        enabled(other, REVIEW).catch_up()
        begin(other, "c")
        enabled(other, REVIEW).catch_up()
    awake.set()
    thread.join()
    assert sorted(reviews(database_ledger)) == ["Review a", "Review b", "Review c"]
    assert slow.checkpoints()[slow.policies[0]].position == database_ledger.head()


def test_a_refusal_is_an_outcome_and_stays_so(database_ledger: Workledger) -> None:
    """Also when the place is lost, and what was refused would not be any more."""

    def approve(reaction: Reaction) -> None:
        reaction.decide(lambda unit: unit.edit(Task, reaction.id).approve())

    begin(database_ledger, "a")
    rename(database_ledger, "a", "b")
    enabled(database_ledger, listening(approve), from_start=True).catch_up()
    assert letters(database_ledger) == []
    with database_ledger.tables.writing() as connection:
        checkpoints.delete(connection, "policy:listen")
    with database_ledger.edit(Task, "a") as task:
        task.assign(agent_id=database_ledger.create(Agent.create(name="ann")).id)
        task.finish_work(turn_count=1, files_changed=1)
    enabled(database_ledger, listening(approve), from_start=True).catch_up()
    assert database_ledger.get(Task, "a").state == "in_review"


def test_a_decision_is_made_again_when_another_was_faster(database_ledger: Workledger) -> None:
    seen = []

    def shout(unit: Unit, reaction: Reaction) -> None:
        task = unit.edit(Task, reaction.id)
        seen.append(task.priority)
        if len(seen) == 1:
            with database_ledger.edit(Task, reaction.id) as other:
                other.change_details(priority="low")
        task.change_labels(labels=(task.priority,))

    policy = Policy("shout", (TaskCreated,), lambda reaction: reaction.decide(shout, reaction) and None)
    reactor = enabled(database_ledger, policy)
    begin(database_ledger, "a")
    reactor.catch_up()
    assert seen == ["medium", "low"]
    assert database_ledger.get(Task, "a").labels == ("low",)


def test_reactions_to_reactions_come_to_an_end(memory_ledger: Workledger) -> None:
    """Each follows from the one before, and says so."""

    def shorten(reaction: Reaction) -> None:
        if title := reaction.event.title[1:]:
            reaction.decide(lambda unit: unit.edit(Task, reaction.id).change_details(title=title))

    reactor = enabled(memory_ledger, listening(shorten))
    begin(memory_ledger, "a")
    rename(memory_ledger, "a", "spoons")
    reactor.catch_up()
    changes = [decode(row) for row in memory_ledger.read(topics=[TaskDetailsChanged.TOPIC])]
    assert memory_ledger.get(Task, "a").title == "s"
    assert [past.causation_id for past in changes[1:]] == [past.event_id for past in changes[:-1]]


def test_an_append_in_a_reaction_may_wake_the_reactor(memory_ledger: Workledger) -> None:
    reactor = enabled(memory_ledger, REVIEW)
    memory_ledger.listen(lambda position: reactor.catch_up() and None)
    begin(memory_ledger, "a", "b")
    assert reviews(memory_ledger) == ["Review a", "Review b"]


def test_a_rebuild_reacts_to_nothing(database_ledger: Workledger) -> None:
    """Policies are no part of what is made anew from the log."""
    reactor = enabled(database_ledger, REVIEW)
    begin(database_ledger, "a")
    reactor.catch_up()
    begin(database_ledger, "b")
    database_ledger.catch_up()
    found, head = reactor.checkpoints(), database_ledger.head()
    Rebuild(database_ledger.store, database_ledger.tables, GROUPS).run()
    database_ledger.catch_up()
    assert (reactor.checkpoints(), database_ledger.head()) == (found, head)
    reactor.catch_up()
    assert reviews(database_ledger) == ["Review a", "Review b"]


# What goes wrong


class Shaky:
    """Notes the titles it hears, but for those that it cannot stand."""

    def __init__(self, *cannot_stand: str, error: Exception | None = None) -> None:
        self.cannot_stand, self.heard = set(cannot_stand), list[str]()
        self.error = error or ZeroDivisionError("no")
        self.tries = 0

    def __call__(self, reaction: Reaction) -> None:
        title = reaction.event.title
        if title in self.cannot_stand:
            self.tries += 1
            raise self.error
        self.heard.append(title)


@pytest.fixture
def shaky() -> Shaky:
    return Shaky("poison")


def test_what_cannot_be_reacted_to_is_set_aside_with_what_follows_in_its_stream(
    database_ledger: Workledger, shaky: Shaky
) -> None:
    policy = listening(shaky)
    reactor = enabled(database_ledger, policy)
    begin(database_ledger, "a", "b")
    rename(database_ledger, "a", "one", "poison", "two")
    rename(database_ledger, "b", "three")
    reactor.catch_up()
    rename(database_ledger, "a", "four")
    rename(database_ledger, "b", "five")
    assert reactor.catch_up() == database_ledger.head()
    assert (shaky.heard, shaky.tries) == (["one", "three", "five"], 3)
    assert letters(database_ledger) == [
        ("task-a", "ZeroDivisionError: no", 1),
        ("task-a", None, 0),
        ("task-a", None, 0),
    ]
    assert reactor.checkpoints()[policy].dead_letters == 3


def test_it_is_reacted_to_in_order_once_the_cause_is_mended(database_ledger: Workledger, shaky: Shaky) -> None:
    policy = listening(shaky)
    reactor = enabled(database_ledger, policy)
    begin(database_ledger, "a")
    rename(database_ledger, "a", "poison", "two", "three")
    reactor.catch_up()
    assert (reactor.retry(policy).folded, reactor.retry(policy).left) == (0, 3)
    assert letters(database_ledger)[0] == ("task-a", "ZeroDivisionError: no", 3)
    shaky.cannot_stand.clear()
    done = reactor.retry(policy)
    assert (done.folded, done.left, shaky.heard) == (3, 0, ["poison", "two", "three"])
    rename(database_ledger, "a", "four")
    reactor.catch_up()
    assert shaky.heard[3:] == ["four"]
    assert (letters(database_ledger), reactor.checkpoints()[policy].dead_letters) == ([], 0)


def test_one_may_be_let_go_of(memory_ledger: Workledger, shaky: Shaky) -> None:
    policy = listening(shaky)
    reactor = enabled(memory_ledger, policy)
    begin(memory_ledger, "a", "b")
    rename(memory_ledger, "a", "poison", "two")
    rename(memory_ledger, "b", "poison")
    reactor.catch_up()
    position = memory_ledger.read(topics=[TaskDetailsChanged.TOPIC])[0].position
    with pytest.raises(DeadLetterNotFound):
        reactor.drop(policy, position - 1)
    done = reactor.drop(policy, position)
    assert (done.folded, done.left, shaky.heard) == (1, 0, ["two"])
    assert [stream for stream, *_ in letters(memory_ledger)] == ["task-b"]


def test_one_that_was_let_go_of_elsewhere_holds_nobody_up(database_ledger: Workledger, shaky: Shaky) -> None:
    policy = listening(shaky)
    reactor = enabled(database_ledger, policy)
    begin(database_ledger, "a")
    rename(database_ledger, "a", "poison")
    reactor.catch_up()
    position = database_ledger.read(topics=[TaskDetailsChanged.TOPIC])[0].position
    enabled(database_ledger, policy).drop(policy, position)
    rename(database_ledger, "a", "two")
    reactor.catch_up()
    assert shaky.heard == ["two"]


def test_input_that_is_refused_is_a_mistake_of_the_policy(memory_ledger: Workledger) -> None:
    """It would be refused for ever, and nobody would know."""

    def wrongly(reaction: Reaction) -> None:
        reaction.decide(lambda unit: unit.edit(Task, reaction.id).change_details(title=""))

    reactor = enabled(memory_ledger, listening(wrongly))
    begin(memory_ledger, "a")
    rename(memory_ledger, "a", "b")
    reactor.catch_up()
    [(_, error, _)] = letters(memory_ledger)
    assert error is not None
    assert error.startswith(f"{InvalidInput.__name__}: ")


@pytest.mark.parametrize("error", [Busy(), sa.exc.OperationalError("select", {}, Exception("gone"))], ids=repr)
def test_a_database_that_is_away_is_no_event_s_fault(memory_ledger: Workledger, error: Exception) -> None:
    shaky = Shaky("poison", error=error)
    policy = listening(shaky)
    reactor = enabled(memory_ledger, policy)
    begin(memory_ledger, "a")
    rename(memory_ledger, "a", "one", "poison")
    with pytest.raises(type(error)):
        reactor.catch_up()
    assert (shaky.tries, letters(memory_ledger)) == (1, [])
    shaky.cannot_stand.clear()
    reactor.catch_up()
    assert shaky.heard == ["one", "poison"]


OUTAGES = {
    "sqlite": [
        sqlite3.OperationalError("disk I/O error"),
        sqlite3.ProgrammingError("Cannot operate on a closed database"),
    ],
    "postgresql": [psycopg.OperationalError("the server closed the connection"), ConnectionLost("it broke", "line 1")],
}
"""By database: errors of its driver, and of our own calls to it, that SQLAlchemy does not wrap."""


@pytest.mark.parametrize("nth", [0, 1])
def test_an_outage_that_only_the_adapter_knows_is_no_event_s_fault(database_ledger: Workledger, nth: int) -> None:
    """It fails when outages are told by what errors are called, or asked of SQLAlchemy alone."""
    error = OUTAGES[database_ledger.tables.engine.dialect.name][nth]
    shaky = Shaky("poison", error=error)
    reactor = enabled(database_ledger, listening(shaky))
    begin(database_ledger, "a")
    rename(database_ledger, "a", "poison")
    with pytest.raises(type(error)):
        reactor.catch_up()
    assert (shaky.tries, letters(database_ledger)) == (1, [])


def test_data_that_the_database_refuses_is_the_event_s_fault(database_ledger: Workledger) -> None:
    shaky = Shaky("poison", error=sa.exc.IntegrityError("insert", {}, Exception("duplicate")))
    reactor = enabled(database_ledger, listening(shaky))
    begin(database_ledger, "a")
    rename(database_ledger, "a", "poison")
    reactor.catch_up()
    assert (shaky.tries, len(letters(database_ledger))) == (3, 1)


def test_a_database_that_is_away_in_a_decision_leaves_nothing_remembered(memory_ledger: Workledger) -> None:
    away = [True]

    def decide(unit: Unit, reaction: Reaction) -> None:
        if away:
            raise Busy
        unit.edit(Task, reaction.id).change_labels(labels=("x",))

    reactor = enabled(memory_ledger, listening(lambda reaction: reaction.decide(decide, reaction) and None))
    begin(memory_ledger, "a")
    rename(memory_ledger, "a", "b")
    with pytest.raises(Busy):
        reactor.catch_up()
    away.clear()
    reactor.catch_up()
    assert memory_ledger.get(Task, "a").labels == ("x",)


def test_what_a_policy_retries_on_is_retried_when_the_log_has_grown(database_ledger: Workledger) -> None:
    """In the order of its stream, and only as long as it is the refusal that the policy has named."""

    def label(unit: Unit, reaction: Reaction) -> None:
        if database_ledger.find(Task, "key") is None:
            raise TooEarly
        unit.edit(Task, reaction.id).change_labels(labels=(reaction.event.title,))

    policy = listening(lambda reaction: reaction.decide(label, reaction) and None, retry_on=(TooEarly,))
    reactor = enabled(database_ledger, policy)
    begin(database_ledger, "a")
    rename(database_ledger, "a", "one", "two")
    reactor.catch_up()
    assert letters(database_ledger) == [("task-a", "TooEarly: Not yet.", 1), ("task-a", None, 0)]
    begin(database_ledger, "other")
    reactor.catch_up()
    assert len(letters(database_ledger)) == 2
    begin(database_ledger, "key")
    reactor.catch_up()
    assert letters(database_ledger) == []
    assert database_ledger.get(Task, "a").labels == ("two",)
    assert reactor.checkpoints()[policy].dead_letters == 0


def test_of_events_with_one_key_only_the_last_is_reacted_to(memory_ledger: Workledger) -> None:
    shaky = Shaky()
    reactor = enabled(memory_ledger, listening(shaky, coalesce_by=lambda past: past.stream_id))
    begin(memory_ledger, "a", "b")
    rename(memory_ledger, "a", "one", "two")
    rename(memory_ledger, "b", "three")
    rename(memory_ledger, "a", "four")
    reactor.catch_up()
    assert shaky.heard == ["three", "four"]
