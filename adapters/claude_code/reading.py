"""A file read up to its last complete line, and the part of it that the ledger has."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from workledger.adapters.claude_code import facts
from workledger.adapters.claude_code.files import Transcript
from workledger.adapters.claude_code.happenings import Past
from workledger.adapters.claude_code.records import Record, in_graph_order, record
from workledger.adapters.claude_code.source import continues
from workledger.adapters.claude_code.turns import counted
from workledger.adapters.importing import Line, json_lines, json_object
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended
from workledger.domain.import_source import ImportSource, Key
from workledger.domain.kernel.ledger import Ledger


@dataclass(frozen=True)
class Reading:
    """The records of a file in three stretches: recorded before, begun to be recorded, and new.

    Attributes:
        records: each stretch in the order of its graph, one after the other.
        marks: of the second stretch, of the third and of what may come: its first record, and the bytes it spans.
        again: the file was replaced or cut short, and is read from the start.
    """

    file: Transcript
    records: Sequence[Record]
    marks: tuple[tuple[int, int, int], ...]
    half_written: bool
    malformed: int
    again: bool
    past: Past

    @property
    def began(self) -> datetime:
        """The time of records without one, when no earlier record has one."""
        return self.file.first

    @property
    def limit(self) -> int:
        """The bytes of complete lines."""
        return self.marks[-1][2]

    def cursor(self, done: int) -> tuple[int, int, int]:
        """The `start`, `end` and `done` of a source when so many of the records have been recorded."""
        for (first, start, end), (after, _, _) in zip(self.marks, self.marks[1:], strict=False):
            if done < after:
                return start, end, done - first
        end = self.marks[-1][1]
        return end, end, 0


def read(
    ledger: Ledger, file: Transcript, source: ImportSource | None, turns: int, elsewhere: Container[str | None]
) -> Reading:
    """Read a file on from where its source stands.

    Args:
        turns: how many are recorded of its run.
        elsewhere: the records of earlier files.
    """
    again = source is not None and (source.again or not continues(source, file.path))
    start, end, done = (0, 0, 0) if source is None or again else (source.start, source.end, source.done)
    data = file.path.read_bytes()
    lines, rest = json_lines(data)
    in_file = [one for line in lines if (one := record(line))]
    limit = len(data) - len(rest)
    before = [one for one in in_file if one.start < start]
    begun = list(in_graph_order(one for one in in_file if start <= one.start < end))
    new = list(in_graph_order(one for one in in_file if one.start >= end))
    records, known = [*before, *begun, *new], len(before) + len(begun)
    done += len(before)
    held = source.held if source else None
    if again:
        past = _logged(ledger, facts.agent_id(file), turns, held, elsewhere)
    else:
        usage = counted(records[:known], done, elsewhere, held)
        past = Past(lambda index, _: index < done, turns, usage, elsewhere)
    return Reading(
        file=file,
        records=records,
        marks=((len(before), start, end), (known, end, limit), (len(records), limit, limit)),
        half_written=bool(rest.strip()),
        malformed=sum(line.value is None and line.start >= end for line in lines),
        again=again,
        past=past,
    )


def _logged(ledger: Ledger, agent_id: str, turns: int, held: Key | None, elsewhere: Container[str | None]) -> Past:
    """The recorded part of a file that was replaced or truncated, from the agent's log."""
    contents = [
        past.event.content
        for past in ledger.history(AgentLog, AgentLog.id_of(agent_id, facts.SESSION_NUMBER))
        if isinstance(past.event, AgentLogChunkAppended)
    ]
    values = [json_object(content.encode()) for content in contents]
    logged = [one for place, value in enumerate(values) if (one := record(Line(place, place, value)))]
    ids = {one.uuid for one in logged if one.uuid}
    without_id = {_identity(one) for one in logged if not one.uuid}
    usage = counted(logged, len(logged), elsewhere, held)
    return Past(
        lambda _, one: one.uuid in ids or (not one.uuid and _identity(one) in without_id), turns, usage, elsewhere
    )


def _identity(one: Record) -> bytes:
    """What a record without an id is known by; texts may be redacted or cut in one of two tellings."""
    return orjson.dumps([one.kind, one.body.get("timestamp"), sorted(one.body)])
