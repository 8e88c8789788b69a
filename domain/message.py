"""A message between agents and the user; a response is a message of its own (Codewalkers, domain.md 2.12)."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain.agent import Agent
from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, Peers, command
from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.fields import Text, Word
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidInput, InvalidTransition, NotFound, Refused

Party = Literal["agent", "user"]
MessageType = Literal["question", "info", "error", "response"]
Status = Literal["pending", "read", "responded"]


class MessageSent(Created, topic="message.sent"):
    """A message was sent. An id is that of an agent: a user has none here, nor has an agent that is gone."""

    sender_type: str
    sender_id: str | None = None
    recipient_type: str
    recipient_id: str | None = None
    type: str = "info"
    content: str
    requires_response: bool = False
    parent_message_id: str | None = None
    status: Literal["pending"] = "pending"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        """Only its beginning needs the agents and the parent: a message outlives them."""
        yield from super().claims(before, id)
        yield from (Agent.exists(one) for one in (self.sender_id, self.recipient_id) if one)
        if self.parent_message_id:
            yield Message.exists(self.parent_message_id)


class MessageRead(Event, topic="message.read"):
    """The recipient read it."""

    by: str | None = None
    status: Literal["read"] = "read"


class MessageResponded(Event, topic="message.responded"):
    """The recipient responded with another message. Facts that are imported may not say which."""

    response_message_id: str | None = None
    status: Literal["responded"] = "responded"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if self.response_message_id:
            yield Message.exists(self.response_message_id)

    def guard(self, before: Any, id: str, peers: Peers) -> None:
        response = peers.find(Message, self.response_message_id) if self.response_message_id else None
        if response is not None and (response.type, response.parent_message_id) != ("response", id):
            raise NoResponse(response_message_id=self.response_message_id)


class MessageDeleted(Deleted, topic="message.deleted"):
    """The message was deleted; its replies stay."""


class MessageNotFound(NotFound):
    """There is no such message."""

    code = "MESSAGE_NOT_FOUND"


class MessageInvalidTransition(InvalidTransition):
    """A message that is {state} does not accept {command}."""

    code = "MESSAGE_INVALID_TRANSITION"


class NoResponse(Refused):
    """The message {response_message_id} is no response to this one."""

    code = "MESSAGE_IS_NO_RESPONSE"
    status = 400


class Message(Aggregate, category="message", prefix="msg", not_found=MessageNotFound, invalid=MessageInvalidTransition):
    """A message: pending, then read, then responded to. It persists when its sender or recipient is deleted."""

    sender_type: Party
    sender_id: str | None = None
    recipient_type: Party
    recipient_id: str | None = None
    type: str
    parent_message_id: str | None = None
    response_message_id: str | None = None
    status: Status

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.recipient_id or self.sender_id}

    @classmethod
    @command
    def create(
        cls,
        *,
        sender_type: Party,
        recipient_type: Party,
        content: Text,
        id: Id | None = None,
        sender_id: Id | None = None,
        recipient_id: Id | None = None,
        type: MessageType = "info",
        requires_response: bool = False,
        parent_message_id: Id | None = None,
    ) -> "New[Message]":
        """Send a message, perhaps as a reply to another. `services.messages.respond` answers one.

        Raises:
            InvalidInput: VALIDATION_ERROR, a user is given an id.
            AgentNotFound: there is no such sender or recipient.
            MessageNotFound: there is no message to reply to.
        """
        for party, one, name in (
            (sender_type, sender_id, "sender_id"),
            (recipient_type, recipient_id, "recipient_id"),
        ):
            if party == "user" and one is not None:
                told = "only agents have one"
                raise InvalidInput(summary=f"{name}: {told}", errors=[{"loc": [name], "msg": told}])
        event = MessageSent(
            sender_type=sender_type,
            sender_id=sender_id,
            recipient_type=recipient_type,
            recipient_id=recipient_id,
            type=type,
            content=content,
            requires_response=requires_response,
            parent_message_id=parent_message_id,
        )
        return New(Message, id or new_id(Message.PREFIX), [event])

    @command(when="pending", unless=("read", "responded"))
    def read(self, *, by: Word | None = None) -> list[Event]:
        """Report that the recipient read it."""
        return [MessageRead(by=by)]

    @command(when=("pending", "read"), repeat="responded")
    def respond(self, *, response_message_id: Id) -> list[Event]:
        """Record the response by its id; `services.messages.respond` records both in one append.

        Raises:
            MessageNotFound, NoResponse: there is no such message, or it is no response to this one.
        """
        if response_message_id == self.response_message_id:
            return []
        return [MessageResponded(response_message_id=response_message_id)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, in any state. Its replies stay, without a parent."""
        return [MessageDeleted()]
