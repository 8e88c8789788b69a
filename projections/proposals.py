"""Proposals of agents, and what became of them (Codewalkers, domain.md 1.2 and 3.7)."""

from datetime import datetime
from typing import Annotated, Any, get_args

import sqlalchemy as sa

from workledger.domain.proposal import (
    ProposalAccepted,
    ProposalDeleted,
    ProposalDismissed,
    ProposalSubmitted,
    Status,
    TargetType,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.narrowing import optional
from workledger.projections.engine.rules import From, Logged, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

RESOLVED = (ProposalAccepted, ProposalDismissed)


class ProposalRow(Stamped):
    """A proposal. `target_id` is what it would change; null, and `created_id` once it is accepted, when it would make
    something."""

    id: Annotated[str, Stream()]
    agent_id: Annotated[str, From(ProposalSubmitted), References("agents", "cascade")]
    initiative_id: Annotated[str, From(ProposalSubmitted), References("initiatives", "cascade")]
    target_type: Annotated[TargetType, From(ProposalSubmitted)]
    target_id: Annotated[str | None, From(ProposalSubmitted)]
    title: Annotated[str, From(ProposalSubmitted)]
    summary: Annotated[str | None, From(ProposalSubmitted)]
    content: Annotated[str | None, Logged(ProposalSubmitted)]
    metadata: Annotated[dict[str, Any] | None, From(ProposalSubmitted)]
    status: Annotated[Status, From(ProposalSubmitted, *RESOLVED)]
    sort_order: Annotated[int, From(ProposalSubmitted)]
    created_id: Annotated[str | None, From(ProposalAccepted)]
    change_set_id: Annotated[str | None, From(ProposalAccepted), References("change_sets", "null")]
    resolved_by: Annotated[str | None, From(*RESOLVED, field="by")]
    reason: Annotated[str | None, From(ProposalDismissed)]
    resolved_at: Annotated[datetime | None, When(*RESOLVED)]


class Proposals(
    Table,
    row=ProposalRow,
    name="proposals",
    born=(ProposalSubmitted,),
    dies=(ProposalDeleted,),
    indexes=(
        "agent_id, status, sort_order, id",
        "initiative_id, status",
        "status, created_at, id",
        "change_set_id",
    ),
):
    """The proposals of all agents until they are deleted."""


GET = Statement(Proposals.table.select().where(Proposals.c.id == sa.bindparam("id")), ProposalRow)
OF_AGENT = Statement(
    Proposals.table.select()
    .where(Proposals.c.agent_id == sa.bindparam("agent_id"), Proposals.c.status == sa.bindparam("status"))
    .order_by(Proposals.c.sort_order, Proposals.c.id),
    ProposalRow,
)
COUNTS = Statement(
    sa.select(Proposals.c.status, sa.func.count().label("count")).group_by(Proposals.c.status),
    None,
    optional(Proposals.c.agent_id),
    optional(Proposals.c.initiative_id),
)


def get(tables: ReadTables, id: str) -> ProposalRow | None:
    """The proposal with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def of_agent(tables: ReadTables, agent_id: str, status: Status) -> list[ProposalRow]:
    """The proposals of an agent in that status, in their order (Codewalkers `findByAgentIdAndStatus`)."""
    return tables.run(OF_AGENT, agent_id=agent_id, status=status)


def count(tables: ReadTables, agent_id: str, status: Status) -> int:
    """How many proposals of an agent are in that status (Codewalkers `countByAgentIdAndStatus`)."""
    return counts(tables, agent_id=agent_id)[status]


def counts(tables: ReadTables, agent_id: str | None = None, initiative_id: str | None = None) -> dict[Status, int]:
    """How many proposals are in each status.

    Args:
        agent_id: of that agent only.
        initiative_id: of that initiative only.
    """
    counted = tables.run(COUNTS, agent_id=agent_id, initiative_id=initiative_id)
    found = {row["status"]: row["count"] for row in counted}
    return {status: found.get(status, 0) for status in get_args(Status)}
