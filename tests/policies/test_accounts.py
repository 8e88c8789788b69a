"""What follows from a limit of the provider: the account is exhausted, and the run goes on with the next one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import workledger
from support.account_states import FUTURE, PAST
from support.policy_desk import Desk, crash, queue, topics
from workledger import Workledger
from workledger.domain.account import Account
from workledger.domain.account.events import (
    AccountAllExhausted,
    AccountExhausted,
    AccountExhaustionCleared,
    AccountUsed,
)
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.account import AgentRunAccountSwitched
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.policies import DISPATCH_NEXT, POLICIES, RETRY_ON_CRASH, SWITCH_EXHAUSTED_ACCOUNT
from workledger.domain.services.runs import resume_run, start_run
from workledger.projections.engine.react import postponed
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be retried later is retried as soon as the log has grown."""
    monkeypatch.setattr(postponed, "RETRY_SECONDS", 0)


@pytest.fixture
def desk(ledger: Workledger) -> Desk:
    """Ann works on a task with the first of two accounts."""
    return at_work(Desk(ledger, SWITCH_EXHAUSTED_ACCOUNT))


def at_work(desk: Desk) -> Desk:
    for id in ("acc_1", "acc_2"):
        desk.ledger.create(Account.create(id=id, email=f"{id}@example.com"))
    desk.card("t")
    desk.at_work("t", "r1")
    desk.run("r1", lambda run: run.report_process(provider_session_id="claude-1"), lambda run: run.report_output())
    assert account_of(desk) == "acc_1"
    return desk


def account_of(desk: Desk, run_id: str = "r1") -> str | None:
    return desk.ledger.get(AgentRun, run_id).account_id


def paused(desk: Desk, until: str | None = FUTURE) -> None:
    retry_at = None if until is None else parse_timestamp(until)
    desk.run("r1", lambda run: run.pause(reason="provider_limit", retry_at=retry_at))


def failed(desk: Desk, until: str | None = FUTURE) -> None:
    retry_at = None if until is None else parse_timestamp(until)
    desk.run("r1", lambda run: run.fail(cause="provider_limit", error="429", retry_at=retry_at))


def resume(desk: Desk, **details: Any) -> list[str]:
    """The topics of what resuming records."""
    before = desk.ledger.head()
    with desk.ledger.unit() as unit:
        resume_run(unit, "r1", **{"new_process": False, **details})
    return topics([past.event for past in desk.log(before)])


@pytest.mark.parametrize("stop", [paused, failed])
@pytest.mark.parametrize("until", [FUTURE, None], ids=["until a time", "until it is cleared"])
def test_the_account_of_a_run_that_meets_a_limit_is_exhausted(desk: Desk, stop: Any, until: str | None) -> None:
    stop(desk, until)
    assert desk.follows() == [AccountExhausted(until=until)]
    assert desk.ledger.get(Account, "acc_1").is_exhausted
    assert desk.follows() == []


def test_it_is_done_by_automation_once_and_because_of_the_event(desk: Desk) -> None:
    paused(desk)
    desk.follows()
    [reason] = desk.log(0, "agent_run.paused")
    [marked] = desk.log(0, AccountExhausted.TOPIC)
    assert (marked.actor, marked.causation_id) == ("automation", reason.event_id)
    assert marked.command_id == f"switch_exhausted_account:{reason.event_id}"


@pytest.mark.parametrize("why", ["crash", "user", "turn_limit"])
def test_nothing_follows_from_other_stops(desk: Desk, why: str) -> None:
    desk.run("r1", crash if why == "crash" else lambda run: run.pause(reason=why))
    assert desk.follows() == []


def test_a_limit_that_is_over_by_now_marks_nothing(desk: Desk) -> None:
    paused(desk, PAST)
    assert desk.follows() == []


def test_what_is_known_of_the_end_is_not_made_less(desk: Desk) -> None:
    """Several runs report the limit of one account, each with what it was told."""
    with desk.ledger.edit(Account, "acc_1") as account:
        account.mark_exhausted(until=parse_timestamp(FUTURE))
    paused(desk, None)
    assert desk.follows() == []
    desk.run("r1", lambda run: run.resume(), lambda run: run.pause(reason="provider_limit", retry_at=FAR))
    assert AccountExhausted(until="2999-06-01T00:00:00.000Z") in desk.follows()


FAR = parse_timestamp("2999-06-01T00:00:00.000Z")


def test_a_run_that_is_resumed_goes_on_with_the_next_account_in_the_same_append(desk: Desk) -> None:
    paused(desk)
    desk.follows()
    assert resume(desk) == ["agent_run.resumed", "account.used", "agent_run.account_switched"]
    assert account_of(desk) == "acc_2"
    [switched] = [past.event for past in desk.log(0, AgentRunAccountSwitched.TOPIC)]
    assert switched == AgentRunAccountSwitched(previous="acc_1", account_id="acc_2", reason="account exhausted")
    [*_, used] = [past.event for past in desk.log(0, AccountUsed.TOPIC)]
    assert isinstance(used, AccountUsed)
    assert used.agent_run_id == "r1"
    assert desk.follows() == []


def test_a_run_that_failed_goes_on_in_a_new_process_with_the_next_account(desk: Desk) -> None:
    failed(desk)
    desk.follows()
    assert "agent_run.account_switched" in resume(desk, new_process=True)
    assert account_of(desk) == "acc_2"


def test_whatever_it_is_resumed_with_it_gets_the_next_account(desk: Desk) -> None:
    """By an app that calls the command itself, and before the policy had seen the limit."""
    paused(desk)
    desk.run("r1", lambda run: run.resume())
    follows = desk.follows()
    assert topics(follows) == ["account.exhausted", "account.used", "agent_run.account_switched"]
    assert account_of(desk) == "acc_2"
    assert desk.follows() == []


def test_the_account_that_it_had_then_is_marked_not_the_one_that_it_has_now(desk: Desk) -> None:
    paused(desk)
    desk.run("r1", lambda run: run.resume(), lambda run: run.switch_account(account_id="acc_2"))
    assert desk.follows() == [AccountExhausted(until=FUTURE)]
    assert desk.ledger.get(Account, "acc_1").is_exhausted
    assert not desk.ledger.get(Account, "acc_2").is_exhausted


def test_with_its_account_available_it_keeps_it(desk: Desk) -> None:
    desk.run("r1", lambda run: run.pause())
    assert resume(desk) == ["agent_run.resumed"]
    assert (desk.follows(), account_of(desk)) == ([], "acc_1")


def test_one_whose_time_has_passed_is_kept_and_the_log_says_that_it_may_be_used(desk: Desk) -> None:
    paused(desk)
    with desk.ledger.unit() as unit:
        unit.record(Account, "acc_1", [AccountExhausted(until=PAST)])
    before = desk.ledger.head()
    resume(desk)
    assert AccountExhaustionCleared(reason="expired") in [past.event for past in desk.log(before)]
    assert account_of(desk) == "acc_1"


def test_while_all_are_exhausted_it_is_not_resumed_and_told_when_it_may_be(desk: Desk) -> None:
    paused(desk)
    desk.follows()
    with desk.ledger.edit(Account, "acc_2") as account:
        account.mark_exhausted()
    before = desk.ledger.head()
    with pytest.raises(AccountAllExhausted) as refused:
        resume(desk)
    assert (refused.value.details["retry_at"], desk.ledger.head()) == (FUTURE, before)
    assert desk.ledger.get(AgentRun, "r1").status == "paused"


def test_one_that_goes_on_all_the_same_is_switched_when_an_account_is_available_again(desk: Desk) -> None:
    paused(desk)
    desk.follows()
    with desk.ledger.edit(Account, "acc_2") as account:
        account.mark_exhausted()
    desk.run("r1", lambda run: run.resume())
    assert desk.follows() == []
    assert account_of(desk) == "acc_1"
    with desk.ledger.edit(Account, "acc_2") as account:
        account.clear_exhaustion()
    assert topics(desk.follows()) == ["account.used", "agent_run.account_switched"]
    assert account_of(desk) == "acc_2"


def test_a_run_whose_account_was_removed_goes_on_with_the_next(desk: Desk) -> None:
    desk.run("r1", lambda run: run.pause())
    with desk.ledger.edit(Account, "acc_1") as account:
        account.delete()
    resume(desk)
    assert account_of(desk) == "acc_2"
    desk.run("r1", lambda run: run.pause())
    with desk.ledger.edit(Account, "acc_2") as account:
        account.delete()
    assert resume(desk) == ["agent_run.resumed"], "without any account, as before there were any"


def test_a_retry_is_a_new_run_with_the_next_account(memory_ledger: Workledger) -> None:
    desk = at_work(Desk(memory_ledger, SWITCH_EXHAUSTED_ACCOUNT, RETRY_ON_CRASH, DISPATCH_NEXT))
    failed(desk)
    follows = topics(desk.follows())
    assert follows.index("account.exhausted") < follows.index("agent_run.started")
    [again] = [past.event for past in desk.log(0, "agent_run.started") if past.stream_id != "agent_run-r1"]
    assert (again.task_id, again.account_id) == ("t", "acc_2")  # type: ignore[attr-defined]


def test_tasks_wait_while_all_accounts_are_exhausted(memory_ledger: Workledger) -> None:
    desk = Desk(memory_ledger, DISPATCH_NEXT)
    desk.ledger.create(Account.create(id="acc_1", email="a@b"))
    with desk.ledger.edit(Account, "acc_1") as account:
        account.mark_exhausted()
    desk.card("t", queue)
    assert (desk.follows(), desk.state("t")) == ([], "queued")
    with desk.ledger.edit(Account, "acc_1") as account:
        account.clear_exhaustion()
    assert "agent_run.started" in topics(desk.follows())


def test_a_rebuild_reacts_to_nothing(database_ledger: Workledger) -> None:
    """domain.md 3.8: once in effect, and never during a rebuild."""
    desk = at_work(Desk(database_ledger, *POLICIES))
    paused(desk)
    desk.follows()
    resume(desk)
    desk.follows()
    head = desk.ledger.head()
    for group in GROUPS:
        Rebuild(desk.ledger.store, desk.ledger.tables, group).run()
    assert desk.follows() == []
    assert desk.ledger.head() == head


def test_a_reactor_that_begins_anew_repeats_nothing(sqlite_store_url: str) -> None:
    """R5: its command ids are those of the events."""
    with workledger.open(sqlite_store_url) as ledger:
        desk = at_work(Desk(ledger, SWITCH_EXHAUSTED_ACCOUNT))
        paused(desk)
        desk.follows()
        with ledger.edit(Account, "acc_1") as account:
            account.clear_exhaustion()
        [stopped] = desk.log(0, "agent_run.paused")
        reaction = workledger.Reaction(ledger, SWITCH_EXHAUSTED_ACCOUNT, stopped)
        SWITCH_EXHAUSTED_ACCOUNT.react(reaction)
        assert [outcome.repeated for outcome in reaction.outcomes] == [True]
        assert not ledger.get(Account, "acc_1").is_exhausted


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_however_often_it_is_killed_each_effect_comes_once(sqlite_store_url: str, steps: int) -> None:
    """R5: killed before and after the append of a reaction, and begun again in another process."""
    with workledger.open(sqlite_store_url) as ledger:
        desk = at_work(Desk(ledger, SWITCH_EXHAUSTED_ACCOUNT))
        paused(desk)
        desk.run("r1", lambda run: run.resume())  # by an app, which gives it no other account
        killed_after(desk, steps)
    with workledger.open(sqlite_store_url) as ledger:
        desk = Desk(ledger, SWITCH_EXHAUSTED_ACCOUNT)
        desk.follows()
        about = (AccountExhausted.TOPIC, AgentRunAccountSwitched.TOPIC)
        assert topics([past.event for past in desk.log(0, *about)]) == [*about]
        assert topics([past.event for past in desk.log(0, AccountUsed.TOPIC)]) == [AccountUsed.TOPIC] * 2
        assert account_of(desk) == "acc_2"


class Killed(BaseException):
    """Nothing catches it, as when the process is gone."""


def killed_after(desk: Desk, steps: int) -> None:
    """React, and be gone after so many appends, before any of them is noted as done."""
    append, left = desk.ledger.store.insert_events, iter(range(steps))

    def last(*events: Any, **conditions: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return append(*events, **conditions)

    def react() -> None:
        desk.reactor.catch_up()
        raise Killed  # after the last step, and before it is noted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk.ledger.store, "insert_events", last)
        patch.setattr(desk.reactor, "save", lambda: None)
        with pytest.raises(Killed):
            react()


# Starting


def test_a_run_is_given_the_next_account_of_its_provider(desk: Desk) -> None:
    desk.hire("bob")
    desk.hire("cid", provider="codex")
    for run_id, agent_id in (("r2", "bob"), ("r3", "cid")):
        with desk.ledger.unit() as unit:
            start_run(unit, id=run_id, agent_id=agent_id)
    assert (account_of(desk, "r2"), account_of(desk, "r3")) == ("acc_2", None)


def test_without_an_available_account_no_run_is_started(desk: Desk) -> None:
    desk.hire("bob")
    for id in ("acc_1", "acc_2"):
        with desk.ledger.edit(Account, id) as account:
            account.mark_exhausted(until=datetime.now(UTC) + timedelta(days=1))
    before = desk.ledger.head()
    with pytest.raises(AccountAllExhausted), desk.ledger.unit() as unit:
        start_run(unit, agent_id="bob")
    assert desk.ledger.head() == before
