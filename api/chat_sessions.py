"""Chats about phases and tasks over HTTP, with what was said in them (Codewalkers, domain.md 1.2)."""

from typing import Annotated

from fastapi import Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import BIGGEST, Reached, TheTables
from workledger.api.web.documented import READS, Answers, answering
from workledger.api.web.ids import AnyId, TheId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.chat_session import ChatSession, ChatSessionNotFound, Status, Target
from workledger.projections import chat_sessions
from workledger.projections.chat_sessions import ChatMessageRow, ChatSessions

CHAT_SESSIONS = Listing(
    ChatSessions,
    filters={
        "target_type": equal(ChatSessions.c.target_type, Target),
        "target_id": equal(ChatSessions.c.target_id, AnyId),
        "initiative_id": equal(ChatSessions.c.initiative_id, AnyId),
        "agent_id": equal(ChatSessions.c.agent_id, AnyId),
        "status": equal(ChatSessions.c.status, Status),
    },
    sorts={
        "created_at": Sort([ChatSessions.c.created_at], "desc"),
        "updated_at": Sort([ChatSessions.c.updated_at], "desc"),
    },
)

router = resource(ChatSession, CHAT_SESSIONS, "chat-sessions")


@router.get("/chat-sessions/{id}/messages")
@answering(
    Answers(
        {"items": [ChatMessageRow], "position": int},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [ChatSessionNotFound.code]},
    )
)
def messages(
    id: TheId,
    tables: TheTables,
    position: Reached,
    after: Annotated[int, Query(ge=0, le=BIGGEST, description="only what was said after that position")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Json:
    """What was said in a chat, oldest first."""
    if chat_sessions.get(tables, id) is None:
        raise ChatSessionNotFound(id=id)
    items = chat_sessions.messages(tables, id, after=after, limit=limit)
    return read({"items": items, "position": position}, position)
