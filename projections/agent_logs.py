"""What agents wrote, chunk by chunk; it outlives the agent, under the name it had (Codewalkers, domain.md 3.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.agent_log import AgentLogChunkAppended, AgentLogPurged
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import Count, From, Kind, Logged, Sum, Version, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Barrier, Table, WriteTables
from workledger.projections.engine.tables import ReadTables


def _size(content: str) -> int:
    """In bytes of UTF-8."""
    return len(content.encode())


def _purged(tables: WriteTables, row: Scanned, data: Mapping[str, Any]) -> None:
    for table in (tables[AgentLogChunks], tables[AgentLogSessions]):
        purged = (table.c.agent_id == data["agent_id"]) & (table.c.session_number == data["session_number"])
        tables.connection.execute(table.delete().where(purged))


class AgentLogChunkRow(TableRow):
    """A piece of what an agent wrote, the `seq`-th in the log of that session."""

    agent_id: Annotated[str, From(AgentLogChunkAppended)]
    session_number: Annotated[int, From(AgentLogChunkAppended)]
    seq: Annotated[int, Version(AgentLogChunkAppended)]
    agent_name: Annotated[str, From(AgentLogChunkAppended)]
    chunk_id: Annotated[str | None, From(AgentLogChunkAppended)]
    content: Annotated[str | None, Logged(AgentLogChunkAppended)]
    bytes: Annotated[int, From(AgentLogChunkAppended, field="content", by=_size)]
    created_at: Annotated[datetime, When(AgentLogChunkAppended)]


class AgentLogChunks(
    Table,
    row=AgentLogChunkRow,
    name="agent_log_chunks",
    born=(AgentLogChunkAppended,),
    key=("agent_id", "session_number", "seq"),
    revision=1,
):
    """The chunks of all logs; those of a purged one are gone."""

    BARRIERS: ClassVar[dict[Kind, Barrier]] = {AgentLogPurged: _purged}


class AgentLogSessionRow(TableRow):
    """One session of an agent's log, and how much was written in it."""

    agent_id: Annotated[str, From(AgentLogChunkAppended)]
    session_number: Annotated[int, From(AgentLogChunkAppended)]
    agent_name: Annotated[str | None, From(AgentLogChunkAppended)]
    chunks: Annotated[int, Count(AgentLogChunkAppended)]
    bytes: Annotated[int, Sum("content", AgentLogChunkAppended, by=_size)]
    last_at: Annotated[datetime | None, When(AgentLogChunkAppended)]


class AgentLogSessions(
    Table, row=AgentLogSessionRow, name="agent_log_sessions", key=("agent_id", "session_number"), revision=1
):
    """The sessions that each agent's log has."""


class LogSession(TableRow):
    """How much an agent wrote in a session, and when last."""

    session_number: int
    chunks: int
    bytes: int
    last_at: datetime | None


_OF_AGENT = AgentLogChunks.table.select().where(AgentLogChunks.c.agent_id == sa.bindparam("agent_id"))
_OF_SESSION = _OF_AGENT.where(AgentLogChunks.c.session_number == sa.bindparam("session_number"))
_ORDER = (AgentLogChunks.c.session_number, AgentLogChunks.c.seq)
_LIMIT: sa.BindParameter[int] = sa.bindparam("limit")

SESSIONS = Statement(
    sa.select(*(AgentLogSessions.c[name] for name in ("session_number", "chunks", "bytes", "last_at")))
    .where(AgentLogSessions.c.agent_id == sa.bindparam("agent_id"))
    .order_by(AgentLogSessions.c.session_number),
    LogSession,
)
SESSION_COUNT = Statement(
    sa.select(sa.func.coalesce(sa.func.max(AgentLogSessions.c.session_number), 0).label("highest")).where(
        AgentLogSessions.c.agent_id == sa.bindparam("agent_id")
    )
)
CHUNKS = Statement(_OF_AGENT.order_by(*_ORDER).limit(_LIMIT), AgentLogChunkRow)
CHUNKS_AFTER = Statement(
    _OF_SESSION.where(AgentLogChunks.c.seq > sa.bindparam("after")).order_by(*_ORDER).limit(_LIMIT), AgentLogChunkRow
)
TAIL = Statement(_OF_SESSION.order_by(AgentLogChunks.c.seq.desc()).limit(_LIMIT), AgentLogChunkRow)


def sessions(tables: ReadTables, agent_id: str) -> list[LogSession]:
    """The sessions of an agent's log, first to last."""
    return tables.run(SESSIONS, agent_id=agent_id)


def session_count(tables: ReadTables, agent_id: str) -> int:
    """The highest session number that the agent's log has; 0 when it has none."""
    [counted] = tables.run(SESSION_COUNT, agent_id=agent_id)
    return int(counted["highest"])


def chunks(
    tables: ReadTables, agent_id: str, session_number: int | None = None, *, after_seq: int = 0, limit: int = 200
) -> list[AgentLogChunkRow]:
    """An agent's chunks in the order in which they were written, of one session or of all.

    Args:
        after_seq: of one session, those after that place.
    """
    if session_number is None:
        return tables.run(CHUNKS, agent_id=agent_id, limit=limit)
    return tables.run(CHUNKS_AFTER, agent_id=agent_id, session_number=session_number, after=after_seq, limit=limit)


def tail(tables: ReadTables, agent_id: str, session_number: int, limit: int = 200) -> list[AgentLogChunkRow]:
    """The last chunks of a session, in the order in which they were written."""
    return tables.run(TAIL, agent_id=agent_id, session_number=session_number, limit=limit)[::-1]
