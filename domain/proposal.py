"""A proposal of an agent: a page, phase or task that it would make or change, for a person to accept or dismiss
(Codewalkers, domain.md 2.8)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import UNLIMITED, Claim, Require, Take, key_of, releases
from workledger.domain.kernel.fields import Integer, JsonObject, Name, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidInput, InvalidTransition, NotFound

TargetType = Literal["page", "phase", "task"]
Status = Literal["pending", "accepted", "dismissed"]
By = Annotated[str, Field(min_length=1, max_length=200)]

LONGEST_TASK = 5000
"""Characters of what a proposed task says: it becomes the task's description."""


def _pending(agent_id: str) -> tuple[str, str]:
    """The key that the pending proposals of an agent hold, in parts."""
    return "proposals_of", agent_id


def pending_of(agent_id: str) -> str:
    """The key that the pending proposals of an agent hold."""
    return key_of(*_pending(agent_id))


class ProposalNotFound(NotFound):
    """There is no such proposal."""

    code = "PROPOSAL_NOT_FOUND"


class ProposalNotPending(InvalidTransition):
    """This proposal is {state}; only a pending one is accepted or dismissed."""

    code = "PROPOSAL_NOT_PENDING"


class ProposalSubmitted(Created, topic="proposal.submitted"):
    """An agent proposed to make a page, phase or task, or to change the one with `target_id`."""

    agent_id: str
    initiative_id: str
    target_type: str
    target_id: str | None = None
    title: str
    summary: str | None = None
    content: str | None = None
    metadata: dict[str, Any] | None = None
    sort_order: int = 0
    status: Literal["pending"] = "pending"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield Take(pending_of(self.agent_id), capacity=UNLIMITED)


class Resolved:
    """Events after which it is not pending any more."""

    def claims(self, before: "Proposal", id: str) -> Iterable[Claim]:
        yield from releases(*_pending(before.agent_id))


class ProposalAccepted(Resolved, Event, topic="proposal.accepted"):
    """It was accepted. `created_id` is the id of what was made, `change_set_id` of the change set that made it."""

    by: str | None = None
    created_id: str | None = None
    change_set_id: str | None = None
    status: Literal["accepted"] = "accepted"


class ProposalDismissed(Resolved, Event, topic="proposal.dismissed"):
    """It was dismissed."""

    by: str | None = None
    reason: str | None = None
    status: Literal["dismissed"] = "dismissed"


class ProposalDeleted(Deleted, topic="proposal.deleted"):
    """The proposal was deleted; its history stays readable."""

    title: str

    def claims(self, before: "Proposal", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield from releases(*_pending(before.agent_id))


class Proposal(Aggregate, category="proposal", prefix="pro", not_found=ProposalNotFound, invalid=ProposalNotPending):
    """What an agent proposes: pending, then accepted or dismissed."""

    agent_id: str
    initiative_id: str
    target_type: TargetType
    target_id: str | None = None
    title: str
    summary: str | None = None
    content: str | None = None
    metadata: dict[str, Any] | None = None
    sort_order: int = 0
    status: Status
    created_id: str | None = None
    change_set_id: str | None = None

    def tags(self) -> dict[str, str | None]:
        return {"initiative": self.initiative_id, "agent": self.agent_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Agent.exists(self.agent_id)
        yield Initiative.exists(self.initiative_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        agent_id: Id,
        initiative_id: Id,
        target_type: TargetType,
        title: Name,
        id: Id | None = None,
        target_id: Id | None = None,
        summary: Text | None = None,
        content: Text | None = None,
        metadata: JsonObject | None = None,
        sort_order: Integer = 0,
    ) -> "New[Proposal]":
        """Propose to make a page, phase or task, or to change the one with that `target_id`.

        Args:
            content: Markdown. It becomes the content of the page or phase, or the description of the task, which is
                the summary where there is no content.
            metadata: other values that it should have, such as `phase_id`; names that a target does not have are only
                kept.

        Raises:
            InvalidInput: VALIDATION_ERROR, such as a task with a content of more than 5,000 characters.
        """
        if target_type == "task" and len(content or summary or "") > LONGEST_TASK:
            raise InvalidInput(summary=f"content: the description of a task has at most {LONGEST_TASK} characters")
        event = ProposalSubmitted(
            agent_id=agent_id,
            initiative_id=initiative_id,
            target_type=target_type,
            target_id=target_id,
            title=title,
            summary=summary,
            content=content,
            metadata=metadata,
            sort_order=sort_order,
        )
        return New(Proposal, id or new_id(Proposal.PREFIX), [event])

    @command(when="pending")
    def accept(
        self, *, by: By | None = None, created_id: Id | None = None, change_set_id: Id | None = None
    ) -> list[Event]:
        """Report that it was accepted; `services.proposals.accept` also makes or changes what is proposed."""
        return [ProposalAccepted(by=by, created_id=created_id, change_set_id=change_set_id)]

    @command(when="pending")
    def dismiss(self, *, by: By | None = None, reason: Text | None = None) -> list[Event]:
        """Dismiss it."""
        return [ProposalDismissed(by=by, reason=reason)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, in any state."""
        return [ProposalDeleted(title=self.title)]
