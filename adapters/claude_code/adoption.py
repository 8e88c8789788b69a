"""What earlier releases imported is claimed, so that it does not come again.

They remembered the bytes that they had read of each session's file, and nothing of its records. What their sources say
stays readable; the records and messages themselves are in the logs of the agents, from which they are claimed here,
once for each source. The turns that they recorded name no message, so corrections of them rely on the log, too.
"""

from collections.abc import Iterator
from contextlib import suppress

from workledger.adapters.claude_code.files import ThreadId, safe
from workledger.adapters.claude_code.lines import Line
from workledger.adapters.claude_code.reading import Part, part
from workledger.adapters.claude_code.records import record
from workledger.adapters.importing import digest, json_object
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import turn_of
from workledger.domain.import_source import ImportSource, ImportSourceAdopted, ImportSourceRead, imported
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused

PAGE = 1000
"""Rows of the log that are read at once, and ids in one event."""

SESSION_NUMBER = 1
"""A transcript does not say in how many processes it was written; its agent has one session."""


def adopt(ledger: Ledger) -> None:
    """Claim what the sources of earlier releases hold, each once."""
    for id in _waiting(ledger):
        source = ledger.find_any(ImportSource, id)
        if source is None or source.agent_id is None:
            continue
        there = in_log(ledger, thread_of(id), source.agent_id)
        open_message = digest("message", source.held[0] or "", source.held[1] or "") if source.held else None
        messages = {one.message_id(id) for one, id in zip(there.records, there.ids, strict=True)} - {open_message}
        records = _free(ledger, {imported(id): id for id in (*there.ids, *there.traits) if id})
        turns = _free(ledger, {turn_of(message): message for message in messages if message})
        events = [ImportSourceAdopted(records=tuple(ids)) for ids in _pages(records)]
        events += [ImportSourceAdopted(messages=tuple(ids)) for ids in _pages(turns)]
        with suppress(Refused), ledger.unit() as unit:  # refused: another import has just done so
            unit.record(ImportSource, id, events or [ImportSourceAdopted()])


def in_log(ledger: Ledger, thread: ThreadId, agent_id: str) -> Part:
    """The records of a thread in the log of its agent."""
    chunks = [
        json_object(past.event.content.encode())
        for past in ledger.history(AgentLog, AgentLog.id_of(agent_id, SESSION_NUMBER))
        if isinstance(past.event, AgentLogChunkAppended)
    ]
    records = [one for place, value in enumerate(chunks) if (one := record(Line(place, place, place, value)))]
    return part(thread, records, lambda body: body)


def thread_of(source_id: str) -> ThreadId:
    """The thread that an earlier release made the id of a source of."""
    session, _, subagent = source_id.removeprefix("claude_code:").partition(":")
    return ThreadId(safe(session), safe(subagent) if subagent else None)


def run_of(agent_id: str) -> str:
    """The run of an imported agent: their ids differ in the prefix alone."""
    return f"{AgentRun.PREFIX}_{agent_id.partition('_')[2]}"


def _waiting(ledger: Ledger) -> list[str]:
    """The sources that an earlier release has read and that were not adopted since; the log finds both by topic."""
    waiting: dict[str, None] = {}
    after = 0
    while rows := ledger.read(after, PAGE, topics=[ImportSourceRead.TOPIC, ImportSourceAdopted.TOPIC]):
        for row in rows:
            id = row.stream_id.removeprefix(f"{ImportSource.CATEGORY}-")
            if row.topic == ImportSourceAdopted.TOPIC:
                waiting.pop(id, None)
            else:
                waiting[id] = None
        after = rows[-1].position
    return list(waiting)


def _free(ledger: Ledger, keys: dict[str, str]) -> list[str]:
    """What the keys stand for, as far as nobody holds them."""
    held = ledger.store.held(keys)
    return [what for key, what in keys.items() if key not in held]


def _pages(ids: list[str]) -> Iterator[list[str]]:
    return (ids[start : start + PAGE] for start in range(0, len(ids), PAGE))
