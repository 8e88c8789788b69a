"""A chat session refines a phase or a task in a talk between the user and an agent (Codewalkers, domain.md 2.12)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from workledger.domain.agent import Agent
from workledger.domain.change_set import ChangeSet
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, Peers, command
from workledger.domain.kernel.claims import Claim, Require, Take, key_of, releases
from workledger.domain.kernel.fields import Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.phase import Phase
from workledger.domain.task import Task

Target = Literal["phase", "task"]
Role = Literal["user", "assistant", "system"]
Status = Literal["active", "closed"]

TARGETS: dict[str, type[Phase] | type[Task]] = {"phase": Phase, "task": Task}

MESSAGE_PREFIX = "chm"


def _active(target_type: str, target_id: str) -> tuple[str, str, str]:
    """The key that the active chat of a target holds, in parts (domain.md 3.3, X15)."""
    return "chat_active", target_type, target_id


class ChatSessionStarted(Created, topic="chat_session.started"):
    """A chat about a phase or a task was started. Its initiative is that of the target."""

    target_type: str
    target_id: str
    initiative_id: str | None = None
    agent_id: str | None = None
    status: Literal["active"] = "active"

    def settle(self, before: Any, id: str, peers: Peers) -> Self:
        initiative_id = None if self.initiative_id else self._initiative(peers)
        return self.model_copy(update={"initiative_id": initiative_id}) if initiative_id else self

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        about = {"target_type": self.target_type, "target_id": self.target_id}
        yield Take(key_of(*_active(self.target_type, self.target_id)), ChatSessionAlreadyActive, details=about)
        if self.agent_id:
            yield Agent.exists(self.agent_id)

    def guard(self, before: Any, id: str, peers: Peers) -> None:
        """It belongs to the initiative of its target, so that both are deleted with that: a target that outlived its
        chat could not have another one.

        Raises:
            ChatTargetElsewhere: CHAT_TARGET_OF_ANOTHER_INITIATIVE.
        """
        target = peers.find(TARGETS[self.target_type], self.target_id)
        if target is not None and self._initiative(peers) != self.initiative_id:
            about = {"target_type": self.target_type, "target_id": self.target_id}
            raise ChatTargetElsewhere(**about, initiative_id=self.initiative_id)

    def _initiative(self, peers: Peers) -> str | None:
        """The initiative of the target; None when it has none, or one that is not there."""
        target = peers.find(TARGETS[self.target_type], self.target_id)
        initiative_id = target.initiative_id if target else None
        return initiative_id if initiative_id and peers.find(Initiative, initiative_id) else None


class ChatSessionAgentLinked(Event, topic="chat_session.agent_linked"):
    """Another agent takes part in the chat, or none any more."""

    agent_id: str | None

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if self.agent_id:
            yield Agent.exists(self.agent_id)


class ChatMessagePosted(Event, topic="chat_session.message_posted"):
    """Something was said; `change_set_id` is what an assistant's message changed."""

    message_id: str
    role: str
    content: str
    change_set_id: str | None = None

    def changes(self, before: "ChatSession") -> dict[str, Any]:
        return {"messages": {**before.messages, self.message_id: self.change_set_id}}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if self.change_set_id:
            yield ChangeSet.exists(self.change_set_id)


class ChatMessageChangeSetLinked(Event, topic="chat_session.message_change_set_linked"):
    """A message was linked to the change set that came of it."""

    message_id: str
    change_set_id: str

    def changes(self, before: "ChatSession") -> dict[str, Any]:
        return {"messages": {**before.messages, self.message_id: self.change_set_id}}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield ChangeSet.exists(self.change_set_id)


class ChatSessionClosed(Event, topic="chat_session.closed"):
    """The chat is over; another one about its target may begin."""

    status: Literal["closed"] = "closed"

    def claims(self, before: "ChatSession", id: str) -> Iterable[Claim]:
        yield from releases(*_active(before.target_type, before.target_id))


class ChatSessionDeleted(Deleted, topic="chat_session.deleted"):
    """The chat was deleted with its messages; its history stays readable."""

    def claims(self, before: "ChatSession", id: str) -> Iterable[Claim]:
        yield from super().claims(before, id)
        yield from releases(*_active(before.target_type, before.target_id))


class ChatSessionNotFound(NotFound):
    """There is no such chat session."""

    code = "CHAT_SESSION_NOT_FOUND"


class ChatMessageNotFound(NotFound):
    """There is no such message in this chat."""

    code = "CHAT_MESSAGE_NOT_FOUND"


class ChatMessageExists(Refused):
    """This chat has a message {message_id} already."""

    code = "CHAT_MESSAGE_EXISTS"


class ChatSessionAlreadyActive(Refused):
    """The {target_type} {target_id} has an active chat already: {holder}."""

    code = "CHAT_SESSION_ALREADY_ACTIVE"


class ChatSessionIsClosed(InvalidTransition):
    """This chat session is closed."""

    code = "CHAT_SESSION_CLOSED"


class ChatTargetElsewhere(Refused):
    """The {target_type} {target_id} does not belong to the initiative {initiative_id}."""

    code = "CHAT_TARGET_OF_ANOTHER_INITIATIVE"


class ChatSession(
    Aggregate, category="chat_session", prefix="cht", not_found=ChatSessionNotFound, invalid=ChatSessionIsClosed
):
    """A talk about a phase or a task: active, then closed. A target has one active chat at most.

    Attributes:
        messages: their ids, oldest first, each with its change set. What was said stays in the log.
    """

    target_type: Target
    target_id: str
    initiative_id: str | None = None
    agent_id: str | None = None
    status: Status
    messages: dict[str, str | None] = Field(default_factory=dict)

    def tags(self) -> dict[str, str | None]:
        task = self.target_id if self.target_type == "task" else None
        return {"agent": self.agent_id, "initiative": self.initiative_id, "task": task}

    def belongs_to(self) -> Iterable[Require]:
        yield TARGETS[self.target_type].exists(self.target_id)
        if self.initiative_id:
            yield Initiative.exists(self.initiative_id)

    def requires(self) -> Iterable[Claim]:
        """One that is over needs none."""
        return self.belongs_to() if self.status == "active" else ()

    @classmethod
    @command
    def create(
        cls,
        *,
        target_type: Target,
        target_id: Id,
        id: Id | None = None,
        initiative_id: Id | None = None,
        agent_id: Id | None = None,
    ) -> "New[ChatSession]":
        """Start a chat about a phase or a task. Its initiative is that of the target.

        Raises:
            ChatSessionAlreadyActive: CHAT_SESSION_ALREADY_ACTIVE, in the append: the target has one, its `holder`.
            ChatTargetElsewhere: CHAT_TARGET_OF_ANOTHER_INITIATIVE, in the append.
            PhaseNotFound, TaskNotFound, InitiativeNotFound, AgentNotFound: in the append: there is none with that id.
        """
        event = ChatSessionStarted(
            target_type=target_type, target_id=target_id, initiative_id=initiative_id, agent_id=agent_id
        )
        return New(ChatSession, id or new_id(ChatSession.PREFIX), [event])

    @command(when="active")
    def link_agent(self, *, agent_id: Id | None) -> list[Event]:
        """Say which agent takes part; None: none."""
        return [] if agent_id == self.agent_id else [ChatSessionAgentLinked(agent_id=agent_id)]

    @command(when="active")
    def post_message(
        self, *, role: Role, content: Text, message_id: Id | None = None, change_set_id: Id | None = None
    ) -> list[Event]:
        """Post a message; its id is unique in the chat.

        Raises:
            ChatSessionIsClosed: CHAT_SESSION_CLOSED.
            ChatMessageExists: CHAT_MESSAGE_EXISTS, the chat has one with that id.
            ChangeSetNotFound: there is no such change set.
        """
        if message_id in self.messages:
            raise ChatMessageExists(message_id=message_id)
        return [
            ChatMessagePosted(
                message_id=message_id or new_id(MESSAGE_PREFIX),
                role=role,
                content=content,
                change_set_id=change_set_id,
            )
        ]

    @command
    def link_change_set(self, *, message_id: Annotated[str, Field(max_length=200)], change_set_id: Id) -> list[Event]:
        """Link a message to the change set that came of it, also when the chat is closed.

        Raises:
            ChatMessageNotFound, ChangeSetNotFound: there is none with that id.
        """
        if message_id not in self.messages:
            raise ChatMessageNotFound(message_id=message_id)
        if self.messages[message_id] == change_set_id:
            return []
        return [ChatMessageChangeSetLinked(message_id=message_id, change_set_id=change_set_id)]

    @command(when="active", unless="closed")
    def close(self) -> list[Event]:
        """Close it; another chat about its target may begin."""
        return [ChatSessionClosed()]

    @command
    def delete(self) -> list[Event]:
        """Delete it with its messages, in any state."""
        return [ChatSessionDeleted()]
