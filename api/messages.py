"""Messages over HTTP: what waits for the user, and responses (Codewalkers, domain.md 1.2)."""

from typing import Any

from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.documented import TypedDict
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Filter, Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.kernel.unit import Unit
from workledger.domain.message import Message, MessageType, Party, Status
from workledger.domain.services import messages as service
from workledger.projections import messages
from workledger.projections.engine.tables import ReadTables
from workledger.projections.messages import UNANSWERED, MessageRow, Messages

MESSAGES = Listing(
    Messages,
    filters={
        "sender_type": equal(Messages.c.sender_type, Party),
        "sender_id": equal(Messages.c.sender_id, AnyId),
        "recipient_type": equal(Messages.c.recipient_type, Party),
        "recipient_id": equal(Messages.c.recipient_id, AnyId),
        "type": equal(Messages.c.type, MessageType),
        "status": equal(Messages.c.status, Status),
        "requires_response": equal(Messages.c.requires_response, bool),
        "unanswered": Filter(lambda tables, wanted: UNANSWERED if wanted else ~UNANSWERED, bool),
        "parent_message_id": equal(Messages.c.parent_message_id, AnyId),
    },
    sorts={"created_at": Sort([Messages.c.created_at], "desc")},
)

RESPONSE = model("MessageResponse", service.respond, like=Message.create)


class WithReplies(TypedDict):
    """What a message is shown with."""

    replies: list[MessageRow]


def _with_replies(tables: ReadTables, row: dict[str, Any]) -> WithReplies:
    """A message, with the replies to it, oldest first; with `at`, as it was."""
    return {"replies": messages.replies(tables, row["id"])}


def _respond(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Respond to it: its recipient sends a message of type `response` back, in the same append."""
    service.respond(unit, id, **given)


router = resource(Message, MESSAGES, "messages", details=_with_replies, own={"respond": (_respond, RESPONSE)})
