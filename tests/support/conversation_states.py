"""A life of a conversation up to each of its states (domain.md 2.12), and arguments for each of its commands."""

from typing import Any

from workledger.domain.conversation import ConversationAnswered, ConversationAsked
from workledger.domain.kernel.aggregate import Event

asked = ConversationAsked(from_agent_id="ann", to_agent_id="bob", question="Which port?")
answered = ConversationAnswered(answer="8080")

LIVES: dict[str, tuple[Event, ...]] = {
    "pending": (asked,),
    "answered": (asked, answered),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "answer": ({"answer": "8080"},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
