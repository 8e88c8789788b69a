"""What the ledger has been told already: which source holds a record, and what is recorded of a message's turn."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from workledger.adapters.claude_code.adoption import in_log, run_of, thread_of
from workledger.adapters.claude_code.records import Usage
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentTurnCompleted, AgentTurnCorrected, turn_of
from workledger.domain.import_source import ImportSource, imported
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.tool_calls import ToolCallCompleted, ToolCallDenied, ToolCallFailed, ToolCalls, ToolCallStarted

UNKNOWN = datetime.max.replace(tzinfo=UTC)
"""The time of a turn of which the ledger knows no more than that it was recorded."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The turn of a message as it is recorded; `at` is the time of the line that said what it used."""

    run_id: str
    number: int
    model: str | None
    usage: Usage
    at: datetime


class RecordedCall(NamedTuple):
    """A call of a tool as it is recorded."""

    tool: str
    input: Any
    running: bool
    turn: int


def holders(ledger: Ledger, record_ids: Iterable[str]) -> dict[str, str]:
    """Of each record that is imported, the stream of the source that brought it."""
    keys = {imported(id): id for id in record_ids if id}
    return {keys[key]: holder for key, holder in ledger.store.held(keys).items()}


def turns(ledger: Ledger, message_ids: Iterable[str]) -> dict[str, Recorded]:
    """The recorded turns of those messages that have one."""
    keys = {turn_of(id): id for id in message_ids}
    held: dict[str, set[str]] = {}
    for key, holder in ledger.store.held(keys).items():
        held.setdefault(holder, set()).add(keys[key])
    found: dict[str, Recorded] = {}
    for holder, ids in held.items():
        category, _, id = holder.partition("-")
        there = _of_run(ledger, id) if category == AgentRun.CATEGORY else _adopted(ledger, id)
        other = Recorded("" if category != AgentRun.CATEGORY else id, 0, None, Usage(), UNKNOWN)
        found.update((message, there.get(message, other)) for message in ids)
    return found


def calls(ledger: Ledger, run_id: str) -> Mapping[str, RecordedCall]:
    """The calls of a run by their ids."""
    there: dict[str, RecordedCall] = {}
    for past in ledger.history(ToolCalls, run_id):
        event = past.event
        if isinstance(event, ToolCallStarted):
            there[event.tool_call_id] = RecordedCall(event.tool, event.input, True, event.turn_number)
        elif isinstance(event, ToolCallDenied | ToolCallCompleted | ToolCallFailed):
            before = there.get(event.tool_call_id)
            turn, given = (before.turn, before.input) if before else (0, None)
            there[event.tool_call_id] = RecordedCall(event.tool, given, False, turn)
    return there


def _of_run(ledger: Ledger, run_id: str) -> Mapping[str, Recorded]:
    there: dict[str, Recorded] = {}
    for past in ledger.history(AgentRun, run_id):
        event = past.event
        if isinstance(event, AgentTurnCompleted) and event.message_id:
            read, written = event.cache_read_tokens or 0, event.cache_write_tokens or 0
            usage = Usage(event.tokens_in, event.tokens_out, read, written)
            there[event.message_id] = Recorded(run_id, event.turn, event.model, usage, past.at)
        elif isinstance(event, AgentTurnCorrected) and event.message_id in there:
            before = there[event.message_id]
            more = Usage(event.tokens_in, event.tokens_out, event.cache_read_tokens, event.cache_write_tokens)
            there[event.message_id] = replace(before, usage=before.usage + more, at=past.at)
    return there


def _adopted(ledger: Ledger, source_id: str) -> Mapping[str, Recorded]:
    """The turns that an earlier release recorded, without the ids of their messages: the agent's log has the lines."""
    source = ledger.find_any(ImportSource, source_id)
    run = ledger.find_any(AgentRun, run_of(source.agent_id)) if source and source.agent_id else None
    if source is None or run is None:
        return {}
    part = in_log(ledger, thread_of(source_id), run.agent_id)
    there: dict[str, Recorded] = {}
    for one, id in zip(part.records, part.ids, strict=True):
        if (message := one.message_id(id)) and one.usage:
            there[message] = Recorded(run.id, run.turn_count, None, one.usage, one.at or UNKNOWN)
    return there
