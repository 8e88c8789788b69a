"""What was held by something that is deleted can be had again: names, places in queues, the only one of its kind.

Each is refused before and accepted after (domain.md 3.5, rule 3); that nothing else is held is proved in
tests/projections/test_references.py.
"""

from collections.abc import Callable
from typing import Any

import pytest

from support.sides import build
from workledger import Refused, Workledger
from workledger.domain.account import Account
from workledger.domain.agent import Agent
from workledger.domain.chat_session import ChatSession
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.refusals import ConcurrencyConflict
from workledger.domain.page import Page
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.services.pages import ensure_root_page
from workledger.domain.task import Task
from workledger.domain.task.events import QUEUE_CAPACITY

Wish = Callable[[Workledger], object]


@pytest.fixture
def ledger(memory_ledger: Workledger) -> Workledger:
    build(memory_ledger, ["a"])
    return memory_ledger


def edit(kind: type[Any], id: str, command: Callable[[Any], object]) -> Wish:
    def told(ledger: Workledger) -> None:
        with ledger.edit(kind, id) as one:
            command(one)

    return told


def delete(kind: type[Any], id: str) -> Wish:
    return edit(kind, id, lambda one: one.delete())


def create(new: Callable[[], Any]) -> Wish:
    return lambda ledger: ledger.create(new())


def fill_the_queue(ledger: Workledger) -> None:
    """Two tasks of the phase are in it; `more` is not."""
    with ledger.unit() as unit:
        for number in range(QUEUE_CAPACITY - 2):
            unit.create(Task.create(id=f"t{number}", title="More", project_id="p_a"))
            unit.edit(Task, f"t{number}").queue()
        unit.create(Task.create(id="more", title="More", project_id="p_a"))


queue_one_more = edit(Task, "more", lambda task: task.queue())


def complete(phase_id: str) -> Wish:
    def told(ledger: Workledger) -> None:
        with ledger.edit(Phase, phase_id) as phase:
            phase.approve()
            phase.start()
            phase.request_review()
            phase.approve_review()

    return told


def start_after(ledger: Workledger) -> None:
    """The phase that depends on `ph_a`."""
    with ledger.edit(Phase, "post_a") as phase:
        phase.approve()
        phase.start()


def assign_after(ledger: Workledger) -> None:
    """A task that depends on one of a phase, which is of another phase."""
    edit(Task, "after_a", lambda task: task.assign(agent_id="ann_a"))(ledger)


CASES: dict[str, tuple[list[Wish], Wish, Wish]] = {
    "the name of an agent": (
        [],
        delete(Agent, "ann_a"),
        create(lambda: Agent.create(name="ann", project_id="p_a")),
    ),
    "the name of a project": (
        [],
        delete(Project, "p_a"),
        create(lambda: Project.create(name="Bakery", workspace_id="ws_a")),
    ),
    "the place of the root page": (
        [],
        delete(Page, "root_a"),
        create(lambda: Page.create(initiative_id="i_a", title="Overview")),
    ),
    "the active chat about a task": (
        [],
        delete(ChatSession, "chat_a"),
        create(lambda: ChatSession.create(target_type="task", target_id="top_a")),
    ),
    "the open review task of a phase": (
        [],
        delete(Task, "review_a"),
        create(lambda: Task.create(title="Again", category="review", phase_id="ph_a")),
    ),
    "a place in the queue, of a task whose parent goes": ([fill_the_queue], delete(Task, "top_a"), queue_one_more),
    "a place in the queue, of a task whose phase goes": ([fill_the_queue], delete(Phase, "ph_a"), queue_one_more),
    "a place in the queue, of a task whose initiative goes": (
        [fill_the_queue],
        delete(Initiative, "i_a"),
        queue_one_more,
    ),
    "the way to the next phase": ([], delete(Phase, "ph_a"), start_after),
    "the way to the next task": ([], delete(Task, "top_a"), assign_after),
    "the way to the next task, when the phase of the last one goes": ([], delete(Phase, "ph_a"), assign_after),
    "the end of a phase, when its last task goes": (
        [delete(Phase, "ph_a")],
        delete(Task, "after_a"),
        complete("post_a"),
    ),
    "the review of an initiative, when its last phase goes": (
        [delete(Phase, "pre_a"), delete(Phase, "ph_a")],
        delete(Phase, "post_a"),
        edit(Initiative, "i_a", lambda initiative: initiative.request_review()),
    ),
}
"""What is held: what happens before, what is deleted, and what is possible then and not before."""


@pytest.mark.parametrize("held", CASES)
def test_what_was_held_can_be_had_again(ledger: Workledger, held: str) -> None:
    before, deleted, wish = CASES[held]
    for one in before:
        one(ledger)
    with pytest.raises(Refused):
        wish(ledger)
    deleted(ledger)
    wish(ledger)


def test_the_root_page_is_made_anew_when_it_was_deleted(ledger: Workledger) -> None:
    """C9."""
    first = ensure_root_page(ledger, "i_a").id
    assert first == "root_a"
    delete(Page, "root_a")(ledger)
    assert ensure_root_page(ledger, "i_a").id != first


def test_a_pool_has_no_account_that_was_removed(ledger: Workledger) -> None:
    assert list(ledger.holders("accounts_of:claude_a")) == ["account-acc_a"]
    delete(Account, "acc_a")(ledger)
    assert list(ledger.holders("accounts_of:claude_a")) == []
    ledger.create(Account.create(email="ann@example.org", provider="claude_a"))


@pytest.mark.parametrize(
    ("kind", "id", "new"),
    [
        (Errand, "err_a", lambda one: Errand.create(id=one, description="Fix it", branch="fix")),
        (Task, "loose_a", lambda one: Task.create(id=one, title="Again")),
        (Phase, "post_a", lambda one: Phase.create(id=one, initiative_id="i_a", name="Again")),
        (Page, "leaf_a", lambda one: Page.create(id=one, initiative_id="i_a", parent_page_id="kid_a", title="Again")),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_an_id_is_never_used_again(ledger: Workledger, kind: type[Any], id: str, new: Callable[[str], Any]) -> None:
    """C21 and domain.md 3.5, rule 1."""
    delete(kind, id)(ledger)
    with pytest.raises(ConcurrencyConflict):
        ledger.create(new(id))
