"""What agents wrote, chunk by chunk; it outlives the agent, under the name it had (Codewalkers, domain.md 3.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.agent_log import AgentLogChunkAppended, AgentLogPurged
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import Count, From, Kind, Logged, Sum, Version, When
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


def sessions(tables: ReadTables, agent_id: str) -> list[LogSession]:
    """The sessions of an agent's log, first to last."""
    log = AgentLogSessions.c
    chosen = sa.select(log.session_number, log.chunks, log.bytes, log.last_at).where(log.agent_id == agent_id)
    return tables.all(chosen.order_by(log.session_number), LogSession)


def session_count(tables: ReadTables, agent_id: str) -> int:
    """The highest session number that the agent's log has; 0 when it has none."""
    highest = sa.func.max(AgentLogSessions.c.session_number)
    return tables.scalar(sa.select(highest).where(AgentLogSessions.c.agent_id == agent_id), int) or 0


def chunks(
    tables: ReadTables, agent_id: str, session_number: int | None = None, *, after_seq: int = 0, limit: int = 200
) -> list[AgentLogChunkRow]:
    """An agent's chunks in the order in which they were written, of one session or of all.

    Args:
        after_seq: of one session, those after that place.
    """
    log = AgentLogChunks.c
    chosen = AgentLogChunks.table.select().where(log.agent_id == agent_id)
    if session_number is not None:
        chosen = chosen.where(log.session_number == session_number, log.seq > after_seq)
    return tables.all(chosen.order_by(log.session_number, log.seq).limit(limit), AgentLogChunkRow)


def tail(tables: ReadTables, agent_id: str, session_number: int, limit: int = 200) -> list[AgentLogChunkRow]:
    """The last chunks of a session, in the order in which they were written."""
    log = AgentLogChunks.c
    chosen = AgentLogChunks.table.select().where(log.agent_id == agent_id, log.session_number == session_number)
    return tables.all(chosen.order_by(log.seq.desc()).limit(limit), AgentLogChunkRow)[::-1]
