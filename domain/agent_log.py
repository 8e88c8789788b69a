"""An agent's log of one session: raw output in chunks, appended without loading the log (D7)."""

from datetime import datetime

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import NotFound
from workledger.domain.kernel.unit import Unit


class AgentLogChunkAppended(Event, topic="agent_log.chunk_appended"):
    """A chunk of output. Its `seq` is its version in the stream. It has the agent's name, as it outlives it (C15), and
    the id that it had where it was imported from."""

    agent_id: str
    agent_name: str
    session_number: int
    content: str
    chunk_id: str | None = None


class AgentLogPurged(Event, topic="agent_log.purged"):
    """Chunks were erased for good: how many, and their bytes."""

    agent_id: str
    session_number: int
    chunks: int
    bytes: int


class AgentLogNotFound(NotFound):
    """There is no such agent log."""

    code = "AGENT_LOG_NOT_FOUND"


class AgentLog(Aggregate, category="agent_log", prefix="log", not_found=AgentLogNotFound):
    """The name of a log's stream; it has no state and no commands."""

    agent_id: str
    session_number: int

    def tags(self) -> dict[str, str | None]:
        return {"agent": self.agent_id}

    @staticmethod
    def id_of(agent_id: str, session_number: int) -> str:
        return f"{agent_id}:{session_number}"


def append_chunk(
    unit: Unit,
    *,
    agent_id: str,
    agent_name: str,
    session_number: int,
    content: str,
    project_id: str | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
    session_id: str | None = None,
    at: datetime | None = None,
) -> None:
    """Append a chunk of output to the log of the agent's session; the ids become its tags.

    The agent may have been deleted: its log outlives it (C15).

    Raises:
        PayloadTooLarge: the chunk has more than 256 KB as JSON (when the unit ends).
    """
    unit.log(
        AgentLog.stream(AgentLog.id_of(agent_id, session_number)),
        [
            AgentLogChunkAppended(
                agent_id=agent_id,
                agent_name=agent_name,
                session_number=session_number,
                content=content,
            )
        ],
        tags={"agent": agent_id, "project": project_id, "run": run_id, "task": task_id, "session": session_id},
        at=at,
    )


def record_purge(unit: Unit, *, agent_id: str, session_number: int, chunks: int, bytes: int) -> None:
    """Record that chunks of the log were erased, in the log itself."""
    unit.log(
        AgentLog.stream(AgentLog.id_of(agent_id, session_number)),
        [AgentLogPurged(agent_id=agent_id, session_number=session_number, chunks=chunks, bytes=bytes)],
        tags={"agent": agent_id},
    )
