"""A life of a chat up to each of its states (domain.md 2.12), and arguments for each of its commands."""

from typing import Any

from workledger.domain.chat_session import ChatMessagePosted, ChatSessionClosed, ChatSessionStarted
from workledger.domain.kernel.aggregate import Event

started = ChatSessionStarted(target_type="phase", target_id="pha_1", initiative_id="ini_1", agent_id="ann")
posted = ChatMessagePosted(message_id="m1", role="user", content="Shorter, please.")

LIVES: dict[str, tuple[Event, ...]] = {
    "active": (started, posted),
    "closed": (started, posted, ChatSessionClosed()),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "link_agent": ({"agent_id": "bob"},),
    "post_message": ({"role": "assistant", "content": "Done.", "message_id": "m2"},),
    "link_change_set": ({"message_id": "m1", "change_set_id": "chs_1"},),
    "close": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
