"""Chats about phases and tasks, and what was said in them (Codewalkers, domain.md 1.2 and 3.7)."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

from workledger.domain.chat_session import (
    ChatMessageChangeSetLinked,
    ChatMessagePosted,
    ChatSessionAgentLinked,
    ChatSessionClosed,
    ChatSessionDeleted,
    ChatSessionStarted,
)
from workledger.projections.engine.columns import Stamped, TableRow
from workledger.projections.engine.rules import Count, From, Logged, Position, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables


class ChatSessionRow(Stamped):
    """A chat about a phase or a task. It keeps the id of a target that is gone."""

    id: Annotated[str, Stream()]
    target_type: Annotated[str, From(ChatSessionStarted)]
    target_id: Annotated[str, From(ChatSessionStarted)]
    initiative_id: Annotated[str | None, From(ChatSessionStarted), References("initiatives", "cascade")]
    agent_id: Annotated[str | None, From(ChatSessionStarted, ChatSessionAgentLinked), References("agents", "null")]
    status: Annotated[str, From(ChatSessionStarted, ChatSessionClosed)]
    message_count: Annotated[int, Count(ChatMessagePosted)]


class ChatSessions(
    Table,
    row=ChatSessionRow,
    name="chat_sessions",
    born=(ChatSessionStarted,),
    dies=(ChatSessionDeleted,),
    indexes=(
        "target_type, target_id, status",
        "initiative_id",
        "agent_id, status",
        "created_at desc, id",
    ),
):
    """Chats, active and closed, until they are deleted."""


class ChatMessageRow(TableRow):
    """What was said in a chat, by whom, and the change set that came of it; the text stays in the log."""

    chat_session_id: Annotated[str, Stream(), References("chat_sessions", "cascade")]
    id: Annotated[str, From(ChatMessagePosted, ChatMessageChangeSetLinked, field="message_id")]
    role: Annotated[str, From(ChatMessagePosted)]
    content: Annotated[str | None, Logged(ChatMessagePosted)]
    change_set_id: Annotated[
        str | None, From(ChatMessagePosted, ChatMessageChangeSetLinked), References("change_sets", "null")
    ]
    position: Annotated[int, Position(ChatMessagePosted)]
    created_at: Annotated[datetime, When(ChatMessagePosted)]


class ChatMessages(
    Table,
    row=ChatMessageRow,
    name="chat_messages",
    born=(ChatMessagePosted,),
    key=("chat_session_id", "id"),
    indexes=("chat_session_id, position", "change_set_id"),
):
    """The messages of all chats, in the order of their positions in the log."""


LATEST_FIRST = (ChatSessions.c.created_at.desc(), ChatSessions.c.id.desc())
_ACTIVE = ChatSessions.table.select().where(ChatSessions.c.status == "active").order_by(*LATEST_FIRST)
_LIMIT: sa.BindParameter[int] = sa.bindparam("limit")

GET = Statement(ChatSessions.table.select().where(ChatSessions.c.id == sa.bindparam("id")), ChatSessionRow)
ACTIVE = Statement(
    _ACTIVE.where(
        ChatSessions.c.target_type == sa.bindparam("target_type"), ChatSessions.c.target_id == sa.bindparam("target_id")
    ),
    ChatSessionRow,
)
ACTIVE_BY_AGENT = Statement(_ACTIVE.where(ChatSessions.c.agent_id == sa.bindparam("agent_id")), ChatSessionRow)
MESSAGES = Statement(
    ChatMessages.table.select()
    .where(ChatMessages.c.chat_session_id == sa.bindparam("id"), ChatMessages.c.position > sa.bindparam("after"))
    .order_by(ChatMessages.c.position)
    .limit(_LIMIT),
    ChatMessageRow,
)


def get(tables: ReadTables, id: str) -> ChatSessionRow | None:
    """The chat with that id."""
    return tables.run_first(GET, id=id)


def active(tables: ReadTables, target_type: str, target_id: str) -> ChatSessionRow | None:
    """The active chat about a phase or a task (Codewalkers `findActiveSession`)."""
    return tables.run_first(ACTIVE, target_type=target_type, target_id=target_id)


def active_by_agent(tables: ReadTables, agent_id: str) -> ChatSessionRow | None:
    """The active chat that an agent takes part in, the latest of several (Codewalkers `findActiveSessionByAgentId`)."""
    return tables.run_first(ACTIVE_BY_AGENT, agent_id=agent_id)


def messages(tables: ReadTables, chat_session_id: str, *, after: int = 0, limit: int = 1000) -> list[ChatMessageRow]:
    """What was said in a chat, oldest first (Codewalkers `findMessagesBySessionId`).

    Args:
        after: only what was said after that position.
    """
    return tables.run(MESSAGES, id=chat_session_id, after=after, limit=limit)
