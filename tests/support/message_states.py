"""A life of a message up to each of its states (domain.md 2.12), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.message import MessageRead, MessageResponded, MessageSent

sent = MessageSent(
    sender_type="agent", sender_id="ann", recipient_type="user", type="question", content="?", requires_response=True
)
read = MessageRead(by="user:bob")
responded = MessageResponded(response_message_id="msg_2")

LIVES: dict[str, tuple[Event, ...]] = {
    "pending": (sent,),
    "read": (sent, read),
    "responded": (sent, read, responded),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "read": ({"by": "user:bob"},),
    "respond": ({"response_message_id": "msg_2"},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
