"""What is written to an agent's log, as it is stored: raw chunks of output, in streams of their own (DOMAIN.md D7)."""

from workledger.domain.kernel import Event
from workledger.domain.refusals import NotFound


class AgentLogChunkAppended(Event, topic="agent_log.chunk_appended"):
    """A piece of output. Its `seq` is its version in the stream; the name is kept for when the agent is gone (C15)."""

    agent_id: str
    agent_name: str
    session_number: int
    content: str


class AgentLogPurged(Event, topic="agent_log.purged"):
    """So many chunks, and bytes of them, have been erased for good."""

    agent_id: str
    session_number: int
    chunks: int
    bytes: int


class AgentLogNotFound(NotFound):
    """There is no such log."""

    code = "AGENT_LOG_NOT_FOUND"
