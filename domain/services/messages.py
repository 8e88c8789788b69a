"""Responses to messages: the response and what it makes of the message, in one append."""

from workledger.domain.agent import Agent
from workledger.domain.kernel.ids import new_id
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message


def respond(
    unit: Unit, message_id: str, *, content: str, id: str | None = None, requires_response: bool = False
) -> Message:
    """Respond to a message: its recipient sends another one back, of type `response`.

    Args:
        id: of the response.

    Raises:
        MessageNotFound: MESSAGE_NOT_FOUND.
        MessageInvalidTransition: MESSAGE_INVALID_TRANSITION, it was responded to already.
        InvalidInput: VALIDATION_ERROR, an argument is invalid.
    """
    response_id = id or new_id(Message.PREFIX)

    def decision() -> Message:
        message = unit.edit(Message, message_id)
        new = Message.create(
            id=response_id,
            sender_type=message.recipient_type,
            sender_id=_if_there(unit, message.recipient_id),
            recipient_type=message.sender_type,
            recipient_id=_if_there(unit, message.sender_id),
            type="response",
            content=content,
            requires_response=requires_response,
            parent_message_id=message_id,
        )
        response = unit.create(new)
        message.respond(response_message_id=response_id)
        return response

    return unit.decide(decision)


def _if_there(unit: Unit, agent_id: str | None) -> str | None:
    """The agent, unless it was deleted since: its messages outlive it."""
    return agent_id if agent_id and unit.find(Agent, agent_id) else None
