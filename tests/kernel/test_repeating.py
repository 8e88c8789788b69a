"""A command that is repeated under the same id: it happened once, and the first answer is given again (R4)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

import workledger
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.kernel.refusals import NameTaken
from workledger.domain.task import Task
from workledger.domain.task.refusals import TaskInvalidTransition


@pytest.fixture
def ledger() -> Iterator[Workledger]:
    with workledger.open("memory:") as ledger:
        yield ledger


def test_a_repeated_create_returns_what_was_created_first(ledger: Workledger) -> None:
    first = ledger.create(Task.create(title="Once"), command_id="once")
    again = ledger.create(Task.create(title="Once"), command_id="once")
    assert again == first
    assert ledger.head() == 1


def test_a_repeated_create_is_not_refused_for_what_the_first_one_took(ledger: Workledger) -> None:
    first = ledger.create(Agent.create(name="Ann"), command_id="once")
    assert ledger.create(Agent.create(name="Ann"), command_id="once") == first
    with pytest.raises(NameTaken):
        ledger.create(Agent.create(name="Ann"), command_id="twice")


def test_a_repeated_edit_writes_nothing_new(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Once"))
    for _ in range(2):
        with ledger.edit(Task, task.id, command_id="once") as draft:
            draft.change_details(title="Twice")
    with ledger.edit(Task, task.id) as draft:
        draft.change_details(title="Thrice")
    with ledger.edit(Task, task.id, command_id="once") as draft:
        draft.change_details(title="Twice")
    assert ledger.get(Task, task.id).title == "Thrice"
    assert ledger.head() == 3


def test_a_repeated_edit_is_not_refused_for_what_has_become_of_it_since(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Once"))
    with ledger.edit(Task, task.id, expected_version=1, command_id="drop") as draft:
        draft.cancel(to="dropped")
    with ledger.edit(Task, task.id) as draft:
        draft.delete()
    with ledger.edit(Task, task.id, expected_version=1, command_id="drop") as draft:
        draft.cancel(to="dropped")
    assert len(ledger.history(Task, task.id)) == 3


def test_a_repeated_command_that_would_be_refused_today_is_not(ledger: Workledger) -> None:
    ann = ledger.create(Agent.create(name="Ann"))
    task = ledger.create(Task.create(title="Once"))
    with ledger.edit(Task, task.id) as draft:
        draft.assign(agent_id=ann.id)
    for _ in range(2):
        with ledger.unit("finish") as unit:
            unit.edit(Task, task.id).finish_work(turn_count=1, approval="none")
    with pytest.raises(TaskInvalidTransition), ledger.edit(Task, task.id, command_id="other") as draft:
        draft.finish_work(turn_count=1, approval="none")


def test_the_receipt_of_a_repeated_unit_has_the_positions_of_the_first_time(ledger: Workledger) -> None:
    task = ledger.create(Task.create(title="Once"))
    receipts = []
    for _ in range(3):
        with ledger.unit("once") as unit:
            unit.edit(Task, task.id).change_details(title="Twice")
        ledger.create(Task.create(title="In between"))
        assert unit.receipt is not None
        receipts.append((unit.receipt.position, list(unit.receipt.positions), unit.receipt.repeated))
    assert receipts == [(2, [2], False), (2, [2], True), (2, [2], True)]


def test_a_refused_command_may_be_repeated_until_it_succeeds(ledger: Workledger) -> None:
    ann = ledger.create(Agent.create(name="Ann"))
    with pytest.raises(NameTaken):
        ledger.create(Agent.create(name="Ann"), command_id="once")
    with ledger.edit(Agent, ann.id) as draft:
        draft.rename(name="Anna")
    assert ledger.create(Agent.create(name="Ann"), command_id="once").name == "Ann"


def test_an_error_that_is_no_refusal_is_not_swallowed(ledger: Workledger) -> None:
    ledger.create(Task.create(title="Once"), command_id="once")
    with pytest.raises(ZeroDivisionError), ledger.unit("once"):
        raise ZeroDivisionError


def test_racing_repeats_all_get_the_one_result(store_url: str) -> None:
    with workledger.open(store_url) as ledger, ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda _: ledger.create(Agent.create(name="Ann"), command_id="once"), range(8))
        assert len({agent.id for agent in made}) == 1
        assert ledger.head() == 1


def test_a_command_that_changed_nothing_is_remembered_too(ledger: Workledger) -> None:
    """R4: what it would change by now, it does not."""
    task = ledger.create(Task.create(title="Once"))
    with ledger.edit(Task, task.id, command_id="calm") as draft:
        draft.change_details(title="Once")
    with ledger.edit(Task, task.id) as draft:
        draft.change_details(title="Twice")
    with ledger.edit(Task, task.id, command_id="calm") as draft:
        draft.change_details(title="Once")
    assert ledger.get(Task, task.id).title == "Twice"
