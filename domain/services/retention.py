"""Retention: chunks and feed entries erased from the log for good, on the record (domain.md 3.6).

The record comes first. When the erasure after it does not happen, the tables already say what they will say; purging
again erases what was left.
"""

from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, AgentLogNotFound, record_purge
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.session.events import SessionNotFound
from workledger.domain.session_feed import SessionEntryPublished, SessionFeed
from workledger.domain.session_feed import record_purge as record_feed_purge


def purge_agent_log(ledger: Ledger, *, agent_id: str, session_number: int) -> tuple[int, int]:
    """Erase an agent's log of one session; (chunks, bytes of payload) that are gone.

    Raises:
        AgentLogNotFound: there is no such log, or it was purged before.
    """
    stream = AgentLog.stream(AgentLog.id_of(agent_id, session_number))
    last, chunks, size = ledger.store.measure(stream, AgentLogChunkAppended.TOPIC)
    if not chunks:
        raise AgentLogNotFound(agent_id=agent_id, session_number=session_number)
    with ledger.unit() as unit:
        record_purge(unit, agent_id=agent_id, session_number=session_number, chunks=chunks, bytes=size)
    ledger.store.erase(stream, AgentLogChunkAppended.TOPIC, last)
    return chunks, size


def purge_session_feed(ledger: Ledger, *, session_id: str, up_to_offset: int | None = None) -> tuple[int, int]:
    """Erase the feed of a session up to an offset, or all of it; (entries, bytes of payload) there were in all.

    Raises:
        SessionNotFound: the session has no feed, or all of it was purged before.
    """
    stream = SessionFeed.stream(session_id)
    last, entries, size = ledger.store.measure(stream, SessionEntryPublished.TOPIC)
    if not entries:
        raise SessionNotFound(id=session_id)
    offset = last if up_to_offset is None else min(up_to_offset, last)
    with ledger.unit() as unit:
        record_feed_purge(unit, session_id=session_id, up_to_offset=offset, entries=entries, bytes=size)
    ledger.store.erase(stream, SessionEntryPublished.TOPIC, offset)
    return entries, size
