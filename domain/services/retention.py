"""Retention: chunks and feed entries are erased from the log for good, and command ids are forgotten (domain.md 3.6).

Either is recorded first. When it is interrupted after that, the tables already show it, and a second purge erases
the rest.
"""

from datetime import UTC, datetime, timedelta

from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, AgentLogNotFound, record_purge
from workledger.domain.command_log import record_trim
from workledger.domain.kernel.ids import made_at
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.session.events import SessionNotFound
from workledger.domain.session_feed import SessionEntryPublished, SessionFeed
from workledger.domain.session_feed import record_purge as record_feed_purge

PAGE = 1000


def purge_agent_log(ledger: Ledger, *, agent_id: str, session_number: int | None = None) -> tuple[int, int]:
    """Erase what an agent wrote in a session, or in all of them unless one is named (Codewalkers `deleteByAgentId`);
    returns (chunks, bytes of payload) erased.

    Raises:
        AgentLogNotFound: there is no such log, or it was purged before.
    """
    numbers = _sessions(ledger, agent_id) if session_number is None else (session_number,)
    purged = [_purge_session(ledger, agent_id, number) for number in numbers]
    if not purged:
        raise AgentLogNotFound(agent_id=agent_id)
    return sum(chunks for chunks, _ in purged), sum(size for _, size in purged)


def _sessions(ledger: Ledger, agent_id: str) -> list[int]:
    """The numbers of the sessions that an agent has chunks of."""
    found, after = set(), 0
    while rows := ledger.read(after, PAGE, topics=[AgentLogChunkAppended.TOPIC], tag=("agent", agent_id)):
        found |= {int(row.stream_id.rpartition(":")[2]) for row in rows}
        after = rows[-1].position
    return sorted(found)


def _purge_session(ledger: Ledger, agent_id: str, session_number: int) -> tuple[int, int]:
    """
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
    """Erase the feed of a session up to an offset, or all of it; returns (entries, bytes of payload) that the feed had.

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


def trim_commands(ledger: Ledger, *, older_than: timedelta) -> int:
    """Forget the command ids that were recorded before so long; how many there were.

    What is repeated under a forgotten id takes effect again. So keep ids for longer than any caller repeats a command,
    than an outbox is not relayed, and than policies lag or their dead letters wait.
    """
    before = datetime.now(UTC) - older_than
    upto = _last_recorded_before(ledger, before)
    if count := ledger.store.count_commands(upto):
        with ledger.unit() as unit:
            record_trim(unit, recorded_before=before, up_to_position=upto, commands=count)
        ledger.store.forget_commands(upto)
    return count


def _last_recorded_before(ledger: Ledger, before: datetime) -> int:
    """The highest position whose event, and all below, were recorded before that time; found by halving the log."""
    low, high = 0, ledger.head()
    while low < high:
        middle = (low + high + 1) // 2
        rows = ledger.read(middle - 1, 1)
        if rows and (made_at(rows[0].event_id) or parse_timestamp(rows[0].at)) < before:
            low = max(middle, rows[0].position)
        else:
            high = middle - 1
    return low
