"""What agents wrote, chunk by chunk; it outlives the agent, under the name it had (Codewalkers, DOMAIN.md 3.6)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar

import sqlalchemy as sa

from workledger.domain.agent_log import AgentLogChunkAppended, AgentLogPurged
from workledger.projections.engine.table import Barrier, Count, From, Kind, Sum, Table, Version, When, utf8_bytes
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import Logged


def _purged(table_set: Any, data: Mapping[str, Any]) -> None:
    for table in (table_set[AgentLogChunks], table_set[AgentLogSessions]):
        purged = (table.c.agent_id == data["agent_id"]) & (table.c.session_number == data["session_number"])
        table_set.connection.execute(table.delete().where(purged))


class AgentLogChunks(
    Table,
    name="agent_log_chunks",
    group="agent_logs",
    born=(AgentLogChunkAppended,),
    key=("agent_id", "session_number", "seq"),
    stamped=False,
):
    agent_id: Annotated[str, From(AgentLogChunkAppended)]
    session_number: Annotated[int, From(AgentLogChunkAppended)]
    seq: Annotated[int, Version(AgentLogChunkAppended)]
    agent_name: Annotated[str, From(AgentLogChunkAppended)]
    content: Annotated[Logged, From(AgentLogChunkAppended)]
    bytes: Annotated[int, From(AgentLogChunkAppended, field="content", by=utf8_bytes)]
    created_at: Annotated[datetime, When(AgentLogChunkAppended)]

    BARRIERS: ClassVar[dict[Kind, Barrier]] = {AgentLogPurged: _purged}


class AgentLogSessions(
    Table,
    name="agent_log_sessions",
    group="agent_logs",
    key=("agent_id", "session_number"),
    stamped=False,
):
    """The sessions that each agent's log has."""

    agent_id: Annotated[str, From(AgentLogChunkAppended)]
    session_number: Annotated[int, From(AgentLogChunkAppended)]
    agent_name: Annotated[str | None, From(AgentLogChunkAppended)]
    chunks: Annotated[int, Count(AgentLogChunkAppended)]
    bytes: Annotated[int, Sum("content", AgentLogChunkAppended, by=utf8_bytes)]
    last_at: Annotated[datetime | None, When(AgentLogChunkAppended)]


def sessions(tables: ReadTables, agent_id: str) -> list[dict[str, Any]]:
    """The sessions of an agent's log, first to last: {session_number, chunks, bytes, last_at}."""
    log = AgentLogSessions.c
    chosen = sa.select(log.session_number, log.chunks, log.bytes, log.last_at).where(log.agent_id == agent_id)
    return tables.all(chosen.order_by(log.session_number))


def session_count(tables: ReadTables, agent_id: str) -> int:
    """The highest session number that the agent's log has; 0 when it has none."""
    highest = sa.func.coalesce(sa.func.max(AgentLogSessions.c.session_number), 0)
    return int(tables.scalar(sa.select(highest).where(AgentLogSessions.c.agent_id == agent_id)))


def chunks(
    tables: ReadTables, agent_id: str, session_number: int | None = None, *, after_seq: int = 0, limit: int = 200
) -> list[dict[str, Any]]:
    """An agent's chunks in the order they were written, of one session or of all."""
    log = AgentLogChunks.c
    chosen = AgentLogChunks.table.select().where(log.agent_id == agent_id)
    if session_number is not None:
        chosen = chosen.where(log.session_number == session_number, log.seq > after_seq)
    return tables.all(chosen.order_by(log.session_number, log.seq).limit(limit))


def tail(tables: ReadTables, agent_id: str, session_number: int, limit: int = 200) -> list[dict[str, Any]]:
    """The last chunks of a session, in order."""
    log = AgentLogChunks.c
    chosen = AgentLogChunks.table.select().where(log.agent_id == agent_id, log.session_number == session_number)
    return tables.all(chosen.order_by(log.seq.desc()).limit(limit))[::-1]
