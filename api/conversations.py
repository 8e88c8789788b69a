"""Conversations between agents over HTTP (Codewalkers, domain.md 1.2)."""

from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.conversation import Conversation, Status
from workledger.projections.conversations import Conversations

CONVERSATIONS = Listing(
    Conversations,
    filters={
        "to_agent_id": equal(Conversations.c.to_agent_id, AnyId),
        "from_agent_id": equal(Conversations.c.from_agent_id, AnyId),
        "status": equal(Conversations.c.status, Status),
        "initiative_id": equal(Conversations.c.initiative_id, AnyId),
        "phase_id": equal(Conversations.c.phase_id, AnyId),
        "task_id": equal(Conversations.c.task_id, AnyId),
    },
    sorts={"created_at": Sort([Conversations.c.created_at], "asc")},
)

router = resource(Conversation, CONVERSATIONS, "conversations")
