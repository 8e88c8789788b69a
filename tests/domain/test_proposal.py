"""A proposal: an agent would make or change a page, phase or task; a person accepts it, once, or dismisses it."""

from collections.abc import Callable
from typing import Any

import pytest

from support.proposal_states import LIVES, accepted, dismissed, submitted
from workledger import Workledger
from workledger.domain.agent import Agent, AgentNotFound
from workledger.domain.change_set import ChangeSet, ChangeSetTargetElsewhere
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.page import Page, PageNotFound
from workledger.domain.phase import Phase
from workledger.domain.proposal import (
    Proposal,
    ProposalDeleted,
    ProposalNotFound,
    ProposalNotPending,
    ProposalSubmitted,
    pending_of,
)
from workledger.domain.services import change_sets, proposals
from workledger.domain.services.pages import ensure_root_page
from workledger.domain.task import Task
from workledger.testing import given


def test_it_begins_pending() -> None:
    given(Proposal).when(
        Proposal.create,
        agent_id="agt_1",
        initiative_id="ini_1",
        target_type="task",
        title="Write the parser",
        summary="It is missing.",
        content="Recursive descent.",
        metadata={"priority": "high"},
        sort_order=2,
    ).then(submitted)


def test_what_is_left_out_has_its_defaults() -> None:
    """C1: a proposal without a target would make something."""
    new = Proposal.create(agent_id="agt_1", initiative_id="ini_1", target_type="page", title="Vision")
    assert new.id.startswith("pro_")
    assert new.events == [
        ProposalSubmitted(
            agent_id="agt_1",
            initiative_id="ini_1",
            target_type="page",
            target_id=None,
            title="Vision",
            summary=None,
            content=None,
            metadata=None,
            sort_order=0,
            status="pending",
        )
    ]


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "accept": (Proposal.accept, {"by": "user:ann", "created_id": "tsk_1", "change_set_id": "chs_1"}),
    "dismiss": (Proposal.dismiss, {"by": "user:ann", "reason": "Not now."}),
}


def test_a_pending_one_is_accepted_or_dismissed() -> None:
    for name, event in (("accept", accepted), ("dismiss", dismissed)):
        command, arguments = COMMANDS[name]
        given(Proposal, *LIVES["pending"]).when(command, **arguments).then(event)


@pytest.mark.parametrize("state", ["accepted", "dismissed"])
@pytest.mark.parametrize("name", COMMANDS)
def test_what_was_resolved_is_not_resolved_again(state: str, name: str) -> None:
    """domain.md 2.8."""
    command, arguments = COMMANDS[name]
    given(Proposal, *LIVES[state]).when(command, **arguments).refused(ProposalNotPending, state=state)
    assert ProposalNotPending.code == "PROPOSAL_NOT_PENDING"


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_every_state(state: str) -> None:
    given(Proposal, *LIVES[state]).when(Proposal.delete).then(ProposalDeleted(title="Write the parser"))


def test_every_type_of_target_is_accepted_and_no_other() -> None:
    about: dict[str, Any] = {"agent_id": "agt_1", "initiative_id": "ini_1", "title": "It"}
    for target_type in ("page", "phase", "task"):
        assert given(Proposal).when(Proposal.create, target_type=target_type, **about).events
    given(Proposal).when(Proposal.create, target_type="initiative", **about).refused(InvalidInput)


@pytest.mark.parametrize(("size", "fits"), [(5000, True), (5001, False)])
@pytest.mark.parametrize("name", ["content", "summary"])
def test_what_a_proposed_task_says_fits_into_its_description(name: str, size: int, fits: bool) -> None:
    about: dict[str, Any] = {"agent_id": "agt_1", "initiative_id": "ini_1", "title": "It", name: "x" * size}
    outcome = given(Proposal).when(Proposal.create, target_type="task", **about)
    assert outcome.events if fits else outcome.refused(InvalidInput) is None
    assert given(Proposal).when(Proposal.create, target_type="page", **about).events


# Accepting


@pytest.fixture
def ledger(memory_ledger: Workledger) -> Workledger:
    """With an initiative, and an agent who proposes things."""
    memory_ledger.create(Initiative.create(id="ini_1", name="Atlas"))
    memory_ledger.create(Agent.create(id="agt_1", name="Ann"))
    return memory_ledger


def propose(ledger: Workledger, target_type: str, title: str = "Parser", agent_id: str = "agt_1", **about: Any) -> str:
    given: dict[str, Any] = {"agent_id": agent_id, "initiative_id": "ini_1", "target_type": target_type}
    return ledger.create(Proposal.create(title=title, **given | about)).id


def accept(ledger: Workledger, id: str) -> Any:
    """What an accepted proposal made, or None when that was nothing new."""
    with ledger.unit() as unit:
        proposal = proposals.accept(unit, id, by="user:ann")
    kind: Any = {"page": Page, "phase": Phase, "task": Task}[proposal.target_type]
    return ledger.get(kind, proposal.created_id) if proposal.created_id else None


def test_an_accepted_page_comes_below_the_root_page(ledger: Workledger) -> None:
    """C14: or is it, when there is none."""
    root = accept(ledger, propose(ledger, "page", "Vision", content="# Vision"))
    assert (root.title, root.content, root.parent_page_id) == ("Vision", "# Vision", None)
    page = accept(ledger, propose(ledger, "page", "Parser", sort_order=4))
    assert (page.parent_page_id, page.sort_order) == (root.id, 4)
    below = accept(ledger, propose(ledger, "page", "Lexer", metadata={"parent_page_id": page.id}))
    assert below.parent_page_id == page.id


def test_an_accepted_phase_and_task_are_made_as_proposed(ledger: Workledger) -> None:
    """C14."""
    phase = accept(ledger, propose(ledger, "phase", "Parse", content="First this."))
    assert (phase.name, phase.content, phase.status) == ("Parse", "First this.", "pending")
    other = accept(ledger, propose(ledger, "phase", "Print", metadata={"depends_on": [phase.id]}))
    assert other.depends_on == (phase.id,)
    about = {"phase_id": phase.id, "priority": "high", "category": "research", "labels": ["x"], "estimate": "3 days"}
    task = accept(ledger, propose(ledger, "task", "Lexer", content="By hand.", metadata=about, sort_order=7))
    assert (task.title, task.description, task.phase_id, task.initiative_id) == (
        "Lexer",
        "By hand.",
        phase.id,
        "ini_1",
    )
    assert (task.priority, task.category, task.labels, task.plan_order) == ("high", "research", ("x",), 7)


def test_a_task_without_content_is_described_by_the_summary(ledger: Workledger) -> None:
    assert accept(ledger, propose(ledger, "task", summary="It is missing.")).description == "It is missing."


def test_an_accepted_change_gives_what_is_there_the_content_and_keeps_its_title(ledger: Workledger) -> None:
    page = ensure_root_page(ledger, "ini_1")
    accept(ledger, propose(ledger, "page", "Say more", target_id=page.id, content="More."))
    page = ledger.get(Page, page.id)
    assert (page.title, page.content) == ("Atlas", "More.")
    task = ledger.create(Task.create(title="Lexer", initiative_id="ini_1"))
    accept(ledger, propose(ledger, "task", target_id=task.id, content="By hand.", metadata={"title": "Scanner"}))
    task = ledger.get(Task, task.id)
    assert (task.title, task.description) == ("Scanner", "By hand.")


def test_an_accepted_proposal_is_one_append_that_can_be_reverted(ledger: Workledger) -> None:
    id = propose(ledger, "task")
    before = ledger.head()
    task = accept(ledger, id)
    rows = ledger.read(before)
    assert [row.topic for row in rows] == ["task.created", "change_set.applied", "proposal.accepted"]
    event: Any = ledger.history(Proposal, id)[-1].event
    assert (event.by, event.created_id) == ("user:ann", task.id)
    assert ledger.get(ChangeSet, event.change_set_id).agent_id == "agt_1"
    with ledger.unit() as unit:
        change_sets.revert(unit, ledger, event.change_set_id)
    assert ledger.find(Task, task.id) is None


def test_a_proposal_makes_its_entity_once(ledger: Workledger) -> None:
    """C14."""
    id = propose(ledger, "task")
    accept(ledger, id)
    head = ledger.head()
    with pytest.raises(ProposalNotPending):
        accept(ledger, id)
    assert ledger.head() == head


def test_one_that_was_accepted_stays_so_when_what_it_changed_is_gone(ledger: Workledger) -> None:
    """PROPOSAL_NOT_PENDING, not that there is no such page."""
    page = ensure_root_page(ledger, "ini_1")
    id = propose(ledger, "page", target_id=page.id, content="More.")
    accept(ledger, id)
    with ledger.edit(Page, page.id) as draft:
        draft.delete()
    with pytest.raises(ProposalNotPending):
        accept(ledger, id)


def test_a_repeated_command_accepts_it_once(ledger: Workledger) -> None:
    """C14, and a repeated command writes nothing (R4)."""
    id = propose(ledger, "task")
    for _ in range(2):
        with ledger.unit("once") as unit:
            proposals.accept(unit, id)
    assert len(ledger.read(topics=["task.created"])) == 1


def test_a_change_of_nothing_is_accepted_without_a_change_set(ledger: Workledger) -> None:
    page = ensure_root_page(ledger, "ini_1")
    id = propose(ledger, "page", target_id=page.id)
    accept(ledger, id)
    event: Any = ledger.history(Proposal, id)[-1].event
    assert (event.created_id, event.change_set_id) == (None, None)


def test_what_cannot_be_carried_out_is_not_accepted(ledger: Workledger) -> None:
    """Nothing is half written, and the proposal can still be dismissed."""
    ledger.create(Initiative.create(id="ini_2", name="Borealis"))
    elsewhere = ledger.create(Page.create(initiative_id="ini_2", title="Elsewhere"))
    gone = propose(ledger, "page", target_id="pag_0", content="More.")
    strange = propose(ledger, "page", target_id=elsewhere.id, content="More.")
    wrong = propose(ledger, "task", metadata={"priority": "urgent"})
    head = ledger.head()
    for id, refused in ((gone, PageNotFound), (strange, ChangeSetTargetElsewhere), (wrong, InvalidInput)):
        with pytest.raises(refused):
            accept(ledger, id)
    assert ledger.head() == head
    with ledger.edit(Proposal, wrong) as proposal:
        proposal.dismiss()


def test_metadata_cannot_put_what_is_made_into_another_initiative(ledger: Workledger) -> None:
    ledger.create(Initiative.create(id="ini_2", name="Borealis"))
    assert accept(ledger, propose(ledger, "task", metadata={"initiative_id": "ini_2"})).initiative_id == "ini_1"


# Resolving all


def resolve_all(ledger: Workledger, status: Any, agent_id: str = "agt_1") -> int:
    return proposals.resolve_all(ledger, agent_id, status, by="user:ann")


@pytest.mark.parametrize("status", ["accepted", "dismissed"])
def test_all_pending_proposals_of_an_agent_are_resolved_in_one_append(ledger: Workledger, status: str) -> None:
    """C13: those of others, and those resolved before, stay as they are."""
    ledger.create(Agent.create(id="agt_2", name="Bob"))
    other = propose(ledger, "task", agent_id="agt_2")
    early = propose(ledger, "task", "Early")
    with ledger.edit(Proposal, early) as proposal:
        proposal.dismiss(reason="Too early.")
    late, first = propose(ledger, "task", "Late", sort_order=2), propose(ledger, "task", "First", sort_order=1)
    history = ledger.history(Proposal, early)
    assert resolve_all(ledger, status) == 2
    assert [ledger.get(Proposal, id).status for id in (late, first, early, other)] == [
        status,
        status,
        "dismissed",
        "pending",
    ]
    assert ledger.history(Proposal, early) == history
    assert not ledger.holders(pending_of("agt_1"))
    assert resolve_all(ledger, status) == 0


def test_they_are_accepted_in_their_order(ledger: Workledger) -> None:
    for title, sort_order in (("Third", 3), ("First", 1), ("Second", 2)):
        propose(ledger, "page", title, sort_order=sort_order)
    before = ledger.head()
    assert resolve_all(ledger, "accepted") == 3
    made = [row for row in ledger.read(before) if row.topic == "page.created"]
    titles = [ledger.get(Page, row.stream_id.partition("-")[2]).title for row in made]
    assert titles == ["First", "Second", "Third"]


def test_a_repeated_command_is_told_the_same_number(ledger: Workledger) -> None:
    """A repeated command writes nothing (R4)."""
    propose(ledger, "task")
    told = []
    for _ in range(2):
        told.append(proposals.resolve_all(ledger, "agt_1", "accepted", command_id="once"))
        propose(ledger, "task")
    assert told == [1, 1]
    assert len(ledger.read(topics=["task.created"])) == 1


def test_when_one_cannot_be_carried_out_none_is_accepted(ledger: Workledger) -> None:
    good, bad = propose(ledger, "task"), propose(ledger, "page", target_id="pag_0", content="More.")
    with pytest.raises(PageNotFound):
        resolve_all(ledger, "accepted")
    assert {ledger.get(Proposal, id).status for id in (good, bad)} == {"pending"}


def test_an_agent_that_is_not_there_has_none(ledger: Workledger) -> None:
    with pytest.raises(AgentNotFound):
        resolve_all(ledger, "dismissed", "agt_0")


def test_it_needs_its_agent_and_its_initiative(ledger: Workledger) -> None:
    with pytest.raises(AgentNotFound):
        propose(ledger, "task", agent_id="agt_0")
    with pytest.raises(InitiativeNotFound):
        propose(ledger, "task", initiative_id="ini_0")
    id = propose(ledger, "task")
    with ledger.edit(Agent, "agt_1") as agent:
        agent.delete()
    with pytest.raises(AgentNotFound):
        accept(ledger, id)


def test_a_deleted_proposal_is_not_found_and_not_pending(ledger: Workledger) -> None:
    id = propose(ledger, "task")
    with ledger.edit(Proposal, id) as proposal:
        proposal.delete()
    assert not ledger.holders(pending_of("agt_1"))
    with pytest.raises(ProposalNotFound):
        accept(ledger, id)
