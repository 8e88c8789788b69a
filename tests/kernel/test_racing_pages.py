"""Callers that race for the root page, for proposals, and for what a change set has changed: one is first."""

from typing import Any

import pytest

import workledger
from support import writers
from support.racing import at_once
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet
from workledger.domain.initiative import Initiative
from workledger.domain.page import Page, PageCycle, PageNotFound, PageRootExists, root_of, subpages_of
from workledger.domain.proposal import Proposal, ProposalNotPending, pending_of
from workledger.domain.services import change_sets, proposals
from workledger.domain.services.pages import ensure_root_page
from workledger.domain.task import Task

STORES = ("memory", "sqlite", "postgres")


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision is made again for as long as others are first, on a slow machine too."""
    monkeypatch.setattr("workledger.domain.kernel.appender.PATIENCE", 60.0)


@pytest.fixture
def atlas(ledger: Workledger) -> str:
    """An initiative, and an agent who makes proposals."""
    ledger.create(Agent.create(id="agt_1", name="Ann"))
    return ledger.create(Initiative.create(id="ini_1", name="Atlas")).id


def count(ledger: Workledger, topic: str) -> int:
    return len(ledger.read(topics=[topic]))


def propose(ledger: Workledger, number: int) -> str:
    about: dict[str, Any] = {"agent_id": "agt_1", "initiative_id": "ini_1", "target_type": "task"}
    return ledger.create(Proposal.create(title=f"Task {number}", sort_order=number, **about)).id


def test_sixteen_who_ask_for_the_root_page_get_one(ledger: Workledger, atlas: str) -> None:
    """C9 and X4: nobody is refused."""
    found: list[str] = []
    assert at_once(16, lambda number: found.append(ensure_root_page(ledger, atlas).id)) == {"done": 16}
    assert len(set(found)) == count(ledger, "page.created") == 1


def test_of_sixteen_who_create_a_root_page_one_succeeds(ledger: Workledger, atlas: str) -> None:
    """X4."""
    outcomes = at_once(16, lambda number: ledger.create(Page.create(initiative_id=atlas, title=f"Root {number}")))
    assert outcomes == {"done": 1, PageRootExists.code: 15}
    assert len(ledger.holders(root_of(atlas))) == 1


def test_the_root_page_is_made_once_by_several_processes(database_url: str) -> None:
    """C9."""
    with workledger.open(database_url) as ledger:
        atlas = ledger.create(Initiative.create(name="Atlas")).id
        with (
            writers.running(writers.ensure_root_pages, database_url, atlas, 4) as (one, first),
            writers.running(writers.ensure_root_pages, database_url, atlas, 4) as (two, second),
        ):
            assert first.recv() == second.recv() == "ready"
            first.send("go")
            second.send("go")
            assert {*first.recv(), *second.recv()} == {ensure_root_page(ledger, atlas).id}
            writers.finish(one)
            writers.finish(two)
        assert count(ledger, "page.created") == 1


def test_racing_moves_never_make_a_circle_of_pages(ledger: Workledger, atlas: str) -> None:
    """Each alone would be fine; all together would be a ring without a root."""
    root = ensure_root_page(ledger, atlas)
    for number in range(6):
        ledger.create(Page.create(id=f"p{number}", initiative_id=atlas, title="Page", parent_page_id=root.id))

    def move(number: int) -> None:
        with ledger.edit(Page, f"p{number}") as page:
            page.move(parent_page_id=f"p{(number + 1) % 6}")

    assert at_once(6, move) == {"done": 5, PageCycle.code: 1}


def test_no_page_is_left_below_one_that_is_deleted_meanwhile(ledger: Workledger, atlas: str) -> None:
    """domain.md 3.5: whoever comes before the deletion goes with it, whoever comes after it is refused."""
    root = ensure_root_page(ledger, atlas)
    ledger.create(Page.create(id="gone", initiative_id=atlas, title="Gone", parent_page_id=root.id))

    def race(number: int) -> None:
        if number:
            above = Page.create(id=f"p{number}", initiative_id=atlas, title="Late", parent_page_id="gone")
            ledger.create(above)
        else:
            with ledger.edit(Page, "gone") as page:
                page.delete()

    outcomes = at_once(8, race)
    assert set(outcomes) <= {"done", PageNotFound.code}
    assert [number for number in range(1, 8) if ledger.find(Page, f"p{number}")] == []
    assert not ledger.holders(subpages_of("gone"))
    assert count(ledger, "page.created") == outcomes["done"] + 1


def test_a_proposal_that_comes_while_all_are_resolved_is_resolved_or_pending(ledger: Workledger, atlas: str) -> None:
    """C13: none is lost, and none is counted twice."""
    told: list[int] = []

    def race(number: int) -> None:
        if number % 4:
            propose(ledger, number)
        else:
            told.append(proposals.resolve_all(ledger, "agt_1", "dismissed"))

    assert at_once(8, race) == {"done": 8}
    assert sum(told) == count(ledger, "proposal.dismissed")
    assert sum(told) + len(ledger.holders(pending_of("agt_1"))) == 6


def test_of_sixteen_who_accept_a_proposal_one_makes_its_task(ledger: Workledger, atlas: str) -> None:
    """C14."""
    id = propose(ledger, 1)

    def accept(number: int) -> None:
        with ledger.unit() as unit:
            proposals.accept(unit, id)

    assert at_once(16, accept) == {"done": 1, ProposalNotPending.code: 15}
    assert count(ledger, "task.created") == count(ledger, "proposal.accepted") == 1


def test_proposals_are_resolved_once_by_all_who_resolve_them_together(ledger: Workledger, atlas: str) -> None:
    """C13: the numbers that they are told add up, and single decisions in between count too."""
    ids = [propose(ledger, number) for number in range(6)]
    told: list[int] = []

    def resolve(number: int) -> None:
        if number % 2:
            told.append(proposals.resolve_all(ledger, "agt_1", "accepted"))
        else:
            with ledger.edit(Proposal, ids[number]) as proposal:
                proposal.dismiss()

    outcomes = at_once(6, resolve)
    accepted, dismissed = count(ledger, "proposal.accepted"), count(ledger, "proposal.dismissed")
    assert accepted + dismissed == 6
    assert sum(told) == accepted == count(ledger, "task.created")
    assert dismissed + outcomes[ProposalNotPending.code] == 3


def test_of_eight_who_revert_a_change_set_one_puts_it_back(ledger: Workledger, atlas: str) -> None:
    """domain.md 2.8: to the others it is put back already."""
    with ledger.unit() as unit:
        wanted = [{"action": "create", "target_type": "task", "values": {"title": f"{n}"}} for n in range(3)]
        change_set = change_sets.apply(unit, initiative_id=atlas, changes=wanted)

    def revert(number: int) -> None:
        with ledger.unit() as unit:
            change_sets.revert(unit, ledger, change_set.id)

    assert at_once(8, revert) == {"done": 8}
    assert count(ledger, "change_set.reverted") == 1
    assert count(ledger, "task.deleted") == 3


def test_a_revert_and_an_edit_that_race_lose_nothing(ledger: Workledger, atlas: str) -> None:
    """domain.md 2.8: either the edit comes first, and the revert is refused; or the revert, and it finds nothing."""
    with ledger.unit() as unit:
        wanted = [{"action": "create", "target_type": "task", "target_id": "tsk_1", "values": {"title": "It"}}]
        change_set = change_sets.apply(unit, initiative_id=atlas, changes=wanted)

    def race(number: int) -> None:
        with ledger.unit() as unit:
            if number:
                unit.edit(Task, "tsk_1").change_details(title="Mine")
            else:
                change_sets.revert(unit, ledger, change_set.id)

    outcomes = at_once(2, race)
    assert outcomes in ({"done": 1, "CHANGE_SET_TARGETS_CHANGED": 1}, {"done": 1, "TASK_NOT_FOUND": 1})
    there = ledger.find(Task, "tsk_1")
    assert (there is None) == (ledger.get(ChangeSet, change_set.id).status == "reverted")
    assert there is None or there.title == "Mine"
