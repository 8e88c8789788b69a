"""Messages between agents and the user (Codewalkers, domain.md 1.2 and 3.7)."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.message import MessageDeleted, MessageRead, MessageResponded, MessageSent
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables


class MessageRow(Stamped):
    """A message. It persists when an agent of it or its parent is deleted, without that id."""

    id: Annotated[str, Stream()]
    sender_type: Annotated[str, From(MessageSent)]
    sender_id: Annotated[str | None, From(MessageSent), References("agents", "null")]
    recipient_type: Annotated[str, From(MessageSent)]
    recipient_id: Annotated[str | None, From(MessageSent), References("agents", "null")]
    type: Annotated[str, From(MessageSent)]
    content: Annotated[str, From(MessageSent)]
    requires_response: Annotated[bool, From(MessageSent)]
    status: Annotated[str, From(MessageSent, MessageRead, MessageResponded)]
    parent_message_id: Annotated[str | None, From(MessageSent), References("messages", "null")]


class Messages(
    Table,
    row=MessageRow,
    name="messages",
    born=(MessageSent,),
    dies=(MessageDeleted,),
    indexes=(
        "recipient_type, status, created_at, id",
        "requires_response, status, created_at, id",
        "parent_message_id, created_at, id",
        "created_at desc, id",
        "sender_id",
        "recipient_id",
    ),
):
    """The messages of all agents and of the user until they are deleted."""


OLDEST_FIRST = (Messages.c.created_at, Messages.c.id)
UNANSWERED = sa.and_(Messages.c.requires_response, Messages.c.status.in_(("pending", "read")))
"""A response is required, and there is none yet."""

GET = Statement(Messages.table.select().where(Messages.c.id == sa.bindparam("id")), MessageRow)
PENDING_FOR_USER = Statement(
    Messages.table.select()
    .where(Messages.c.recipient_type == "user", Messages.c.status == "pending")
    .order_by(*OLDEST_FIRST),
    MessageRow,
)
REQUIRING_RESPONSE = Statement(Messages.table.select().where(UNANSWERED).order_by(*OLDEST_FIRST), MessageRow)
REPLIES = Statement(
    Messages.table.select().where(Messages.c.parent_message_id == sa.bindparam("id")).order_by(*OLDEST_FIRST),
    MessageRow,
)


def get(tables: ReadTables, id: str) -> MessageRow | None:
    """The message with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def pending_for_user(tables: ReadTables) -> list[MessageRow]:
    """What the user has not read, oldest first (Codewalkers `findPendingForUser`)."""
    return tables.run(PENDING_FOR_USER)


def requiring_response(tables: ReadTables) -> list[MessageRow]:
    """What requires a response and has none yet, oldest first (Codewalkers `findRequiringResponse`)."""
    return tables.run(REQUIRING_RESPONSE)


def replies(tables: ReadTables, message_id: str) -> list[MessageRow]:
    """The replies to a message itself, oldest first (Codewalkers `findReplies`)."""
    return tables.run(REPLIES, id=message_id)
