"""A conversation is a question of one agent to another, and its answer (Codewalkers, domain.md 2.12)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Require
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.phase import Phase
from workledger.domain.task import Task

Words = Annotated[str, Field(min_length=1, max_length=100_000)]
Status = Literal["pending", "answered"]


class ConversationAsked(Created, topic="conversation.asked"):
    """An agent asked another one; what it is about may be named."""

    from_agent_id: str
    to_agent_id: str
    initiative_id: str | None = None
    phase_id: str | None = None
    task_id: str | None = None
    question: str
    status: Literal["pending"] = "pending"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        """Only its beginning needs what it is about: the conversation outlives that, and no agent of it."""
        yield from super().claims(before, id)
        if self.initiative_id:
            yield Initiative.exists(self.initiative_id)
        if self.phase_id:
            yield Phase.exists(self.phase_id)
        if self.task_id:
            yield Task.exists(self.task_id)


class ConversationAnswered(Event, topic="conversation.answered"):
    """The agent that was asked answered."""

    answer: str
    status: Literal["answered"] = "answered"

    def changes(self, before: Any) -> dict[str, Any]:
        return {"status": self.status, "answered_with": self.answer}


class ConversationDeleted(Deleted, topic="conversation.deleted"):
    """The conversation was deleted; its history stays readable."""


class ConversationNotFound(NotFound):
    """There is no such conversation."""

    code = "CONVERSATION_NOT_FOUND"


class ConversationAlreadyAnswered(InvalidTransition):
    """This conversation is answered already."""

    code = "CONVERSATION_ALREADY_ANSWERED"


class ConversationWithItself(Refused):
    """An agent does not ask itself."""

    code = "CONVERSATION_WITH_ITSELF"
    status = 400


class Conversation(
    Aggregate,
    category="conversation",
    prefix="cnv",
    not_found=ConversationNotFound,
    invalid=ConversationAlreadyAnswered,
):
    """A question of one agent to another: pending, then answered. It is gone when either agent is."""

    from_agent_id: str
    to_agent_id: str
    task_id: str | None = None
    status: Status
    answered_with: str | None = None

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.to_agent_id, "task": self.task_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Agent.exists(self.from_agent_id)
        yield Agent.exists(self.to_agent_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        from_agent_id: Id,
        to_agent_id: Id,
        question: Words,
        id: Id | None = None,
        initiative_id: Id | None = None,
        phase_id: Id | None = None,
        task_id: Id | None = None,
    ) -> "New[Conversation]":
        """Ask another agent. The policy `conversation_wake_up` resumes it when it is idle or waits for input.

        Raises:
            ConversationWithItself: CONVERSATION_WITH_ITSELF, it asks itself.
            AgentNotFound, InitiativeNotFound, PhaseNotFound, TaskNotFound: there is none with that id.
        """
        if from_agent_id == to_agent_id:
            raise ConversationWithItself(agent_id=from_agent_id)
        event = ConversationAsked(
            from_agent_id=from_agent_id,
            to_agent_id=to_agent_id,
            initiative_id=initiative_id,
            phase_id=phase_id,
            task_id=task_id,
            question=question,
        )
        return New(Conversation, id or new_id(Conversation.PREFIX), [event])

    @command(when="pending", repeat="answered")
    def answer(self, *, answer: Words) -> list[Event]:
        """Answer it, once.

        Raises:
            ConversationAlreadyAnswered: CONVERSATION_ALREADY_ANSWERED, with another answer.
        """
        return [] if answer == self.answered_with else [ConversationAnswered(answer=answer)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, answered or not."""
        return [ConversationDeleted()]
