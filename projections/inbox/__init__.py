"""The inbox: what waits for a person over all projects, made of the rows of what waits.

Questions between agents are none of it: they wait for an agent.
"""

from datetime import UTC, datetime

import sqlalchemy as sa

from workledger.projections.engine.statement import Statement
from workledger.projections.engine.tables import ReadTables
from workledger.projections.inbox.kinds import WAITING
from workledger.projections.inbox.rows import SECTIONS as SECTIONS
from workledger.projections.inbox.rows import Kind as Kind
from workledger.projections.inbox.rows import Section as Section
from workledger.projections.inbox.rows import WaitingRow as WaitingRow

ALL = sa.union_all(*(one.rows for one in WAITING)).subquery("waiting")
FIRST = Statement(
    sa.select(ALL).order_by(ALL.c.place, ALL.c.since, ALL.c.kind, ALL.c.id).limit(sa.bindparam("limit")), WaitingRow
)
EACH = sa.union_all(*(one.count for one in WAITING)).subquery("each_kind")
COUNTS = Statement(sa.select(EACH.c.kind, sa.func.sum(EACH.c["count"]).label("count")).group_by(EACH.c.kind))


def now() -> datetime:
    """The time until which an account may be exhausted."""
    return datetime.now(UTC)


def first(tables: ReadTables, limit: int) -> list[WaitingRow]:
    """The first things that wait: by section, and in each what has waited longest first."""
    return tables.run(FIRST, limit=limit, now=now())


def counts(tables: ReadTables) -> dict[Kind, int]:
    """How many of each kind wait."""
    counted: dict[Kind, int] = {kind: 0 for kinds in SECTIONS.values() for kind in kinds}
    return counted | {row["kind"]: int(row["count"]) for row in tables.run(COUNTS, now=now())}
