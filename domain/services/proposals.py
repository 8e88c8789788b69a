"""Proposals: one that is accepted is carried out in the same append, and so are all that an agent has pending."""

from typing import Literal

from workledger.domain.agent import Agent
from workledger.domain.change_set import Change, ChangeSet
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.request import digest
from workledger.domain.kernel.unit import Unit
from workledger.domain.proposal import Proposal, ProposalAccepted, ProposalDismissed, pending_of
from workledger.domain.services.changes import make, named
from workledger.domain.services.pages import root_id
from workledger.domain.services.targets import TARGETS, Values

TEXT = {"page": "content", "phase": "content", "task": "description"}
"""The value that the content of a proposal becomes."""

ORDER = {"page": "sort_order", "task": "plan_order"}
"""The value that its place among the proposals becomes when it is created."""

RESOLVED = (ProposalAccepted.TOPIC, ProposalDismissed.TOPIC)


def accept(unit: Unit, proposal_id: str, *, by: str | None = None) -> Proposal:
    """Accept a proposal: its page, phase or task is made or changed in the same append, once (C14). The proposal as a
    draft; its `created_id` is what was made.

    What is done is recorded as a change set of the agent, so it can be reverted. A page that names no other one above
    comes below the root page, or is the root page when there is none. A page, phase or task that is there already gets
    the content of the proposal and what its metadata names; it keeps its title.

    Raises:
        ProposalNotFound: PROPOSAL_NOT_FOUND.
        ProposalNotPending: PROPOSAL_NOT_PENDING, it was accepted or dismissed.
        NotFound: what it would change is not there any more.
        ChangeSetTargetElsewhere: CHANGE_SET_TARGET_ELSEWHERE, that belongs to another initiative.
        InvalidInput: VALIDATION_ERROR, such as of a value in its metadata.
        PageRootExists: PAGE_ROOT_EXISTS, in the append: another page has just become the root.
    """
    unit.decide(lambda: _accept(unit, proposal_id, by))
    return unit.draft(Proposal, proposal_id)


def resolve_all(
    ledger: Ledger,
    agent_id: str,
    status: Literal["accepted", "dismissed"],
    *,
    by: str | None = None,
    reason: str | None = None,
    command_id: str | None = None,
) -> int:
    """Accept or dismiss all pending proposals of an agent in their order, in one append; how many there were
    (Codewalkers `updateManyByAgentId`, C13).

    Args:
        reason: of dismissing them.

    Raises:
        AgentNotFound: AGENT_NOT_FOUND.
        Refused: what `accept` is refused with; then none is resolved.
    """

    def decision() -> None:
        unit.state(Agent, agent_id)
        for proposal in _pending(unit, agent_id):
            if status == "accepted":
                _accept(unit, proposal.id, by)
            else:
                unit.edit(Proposal, proposal.id).dismiss(by=by, reason=reason)

    with ledger.unit(command_id, digest=digest("resolve_all", agent_id, status, by, reason)) as unit:
        unit.decide(decision)
    assert unit.receipt is not None
    return sum(row.topic in RESOLVED for row in ledger.recorded_by(unit.receipt))


def _pending(unit: Unit, agent_id: str) -> list[Proposal]:
    found = (unit.find(Proposal, stream.partition("-")[2]) for stream in unit.holders(pending_of(agent_id)))
    pending = [one for one in found if one is not None and one.status == "pending"]
    return sorted(pending, key=lambda one: (one.sort_order, one.id))


def _accept(unit: Unit, proposal_id: str, by: str | None) -> None:
    proposal = unit.state(Proposal, proposal_id)
    if proposal.status != "pending":
        raise proposal.refusal("accept")
    change = _proposed(unit, proposal)
    change_set = make(
        unit,
        [change],
        id=new_id(ChangeSet.PREFIX),
        initiative_id=proposal.initiative_id,
        agent_id=proposal.agent_id,
        summary=proposal.title,
    )
    created_id = change.target_id if proposal.target_id is None else None
    change_set_id = None if change_set is None else change_set.id
    unit.edit(Proposal, proposal_id).accept(by=by, created_id=created_id, change_set_id=change_set_id)


def _proposed(unit: Unit, proposal: Proposal) -> Change:
    """What is to be done when it is accepted."""
    target, creates = TARGETS[proposal.target_type], proposal.target_id is None
    settable = {*target.fields, *(target.initial if creates else ())} - {"initiative_id"}
    values: Values = {name: value for name, value in (proposal.metadata or {}).items() if name in settable}
    text = proposal.content
    if creates:
        values[target.title] = proposal.title
        text = text or (proposal.summary if proposal.target_type == "task" else None)
        if proposal.target_type in ORDER:
            values.setdefault(ORDER[proposal.target_type], proposal.sort_order)
        if proposal.target_type == "page":
            values.setdefault("parent_page_id", root_id(unit, proposal.initiative_id))
    if text is not None:
        values[TEXT[proposal.target_type]] = text
    action: Literal["create", "update"] = "create" if creates else "update"
    return named(Change(action=action, target_type=proposal.target_type, target_id=proposal.target_id, values=values))
