"""Conversations between agents (Codewalkers, domain.md 1.2 and 3.7)."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.conversation import ConversationAnswered, ConversationAsked, ConversationDeleted
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables


class ConversationRow(Stamped):
    """A question of one agent to another, and its answer. It is gone when either agent is."""

    id: Annotated[str, Stream()]
    from_agent_id: Annotated[str, From(ConversationAsked), References("agents", "cascade")]
    to_agent_id: Annotated[str, From(ConversationAsked), References("agents", "cascade")]
    initiative_id: Annotated[str | None, From(ConversationAsked), References("initiatives", "null")]
    phase_id: Annotated[str | None, From(ConversationAsked), References("phases", "null")]
    task_id: Annotated[str | None, From(ConversationAsked), References("tasks", "null")]
    question: Annotated[str, From(ConversationAsked)]
    answer: Annotated[str | None, From(ConversationAnswered)]
    status: Annotated[str, From(ConversationAsked, ConversationAnswered)]


class Conversations(
    Table,
    row=ConversationRow,
    name="conversations",
    born=(ConversationAsked,),
    dies=(ConversationDeleted,),
    indexes=(
        "to_agent_id, status, created_at, id",
        "from_agent_id",
        "created_at desc, id",
        "initiative_id",
        "phase_id",
        "task_id",
    ),
):
    """The conversations of agents until they are deleted."""


GET = Statement(Conversations.table.select().where(Conversations.c.id == sa.bindparam("id")), ConversationRow)
PENDING_FOR_AGENT = Statement(
    Conversations.table.select()
    .where(Conversations.c.to_agent_id == sa.bindparam("agent_id"), Conversations.c.status == "pending")
    .order_by(Conversations.c.created_at, Conversations.c.id),
    ConversationRow,
)


def get(tables: ReadTables, id: str) -> ConversationRow | None:
    """The conversation with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def pending_for_agent(tables: ReadTables, agent_id: str) -> list[ConversationRow]:
    """What an agent was asked and has not answered, oldest first (Codewalkers `findPendingForAgent`)."""
    return tables.run(PENDING_FOR_AGENT, agent_id=agent_id)
