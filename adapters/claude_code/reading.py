"""A transcript file as it is read: its records by the thread that they belong to, and what is wrong with its lines."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import orjson

from workledger.adapters.claude_code.files import ThreadId, Transcript, safe
from workledger.adapters.claude_code.fingerprints import fingerprint_of
from workledger.adapters.claude_code.lines import Line, complete, lines_of
from workledger.adapters.claude_code.records import DROPPED, Record, in_graph_order, record, string
from workledger.adapters.importing import digest
from workledger.adapters.redaction import JSON

AsLogged = Callable[[dict[str, JSON]], JSON]
"""Returns the body of a record as the log has it."""


@dataclass(frozen=True)
class Part:
    """The records of one thread in a file, in the order of their graph.

    Attributes:
        ids: under which each is imported; empty for those that are not.
        traits: of the lines of messages: what a copy under another uuid has in common with the original.
    """

    thread: ThreadId
    records: Sequence[Record]
    ids: Sequence[str]

    @cached_property
    def traits(self) -> Sequence[str | None]:
        return [_traits(one) for one in self.records]


@dataclass(frozen=True)
class Reading:
    """A file as it was read.

    Attributes:
        limit: the bytes of complete lines, and `fingerprint` theirs.
        half_written: the number of the last line, when that is not complete.
        faults: the reason, and the line, for each that is not taken whole.
    """

    file: Transcript
    parts: Sequence[Part]
    limit: int
    fingerprint: str
    half_written: int | None
    faults: Sequence[tuple[str, Line]]

    @property
    def began(self) -> datetime:
        """The time of records without a timestamp that no record with one precedes."""
        return self.file.first


def read(file: Transcript, as_logged: AsLogged) -> Reading:
    """Read a file.

    Raises:
        OSError: it cannot be read.
    """
    data = file.path.read_bytes()
    lines = list(lines_of(data))
    limit = complete(data, lines)
    records = [one for line in lines if (one := record(line))]
    rest = data[limit:].strip(b"\0 \t\r")
    return Reading(
        file=file,
        parts=[part(thread, those, as_logged) for thread, those in _by_thread(file, records).items()],
        limit=limit,
        fingerprint=fingerprint_of(data[:limit]),
        half_written=data.count(b"\n", 0, limit) + 1 if rest else None,
        faults=[
            ("malformed lines" if line.value is None else "records cut where nested too deeply", line)
            for line in lines
            if line.value is None or line.flattened
        ],
    )


def part(thread: ThreadId, records: Iterable[Record], as_logged: AsLogged) -> Part:
    """The records of a thread with their ids.

    A record is identified by the uuid that it was first written with, its kind and its message's id. One without a uuid
    is the first, second, … that is logged alike in its thread; its time is part of what is logged.
    """
    ordered = list(in_graph_order(records))
    alike: Counter[str] = Counter()
    ids = []
    for one in ordered:
        if one.kind in DROPPED:
            ids.append("")
        elif one.original:
            ids.append(digest("record", one.original, one.kind, string(one.message.get("id")) or ""))
        else:
            content = digest(thread.session_id, thread.subagent_id or "", orjson.dumps(as_logged(one.body)).decode())
            alike[content] += 1
            ids.append(digest("without uuid", content, str(alike[content])))
    return Part(thread, ordered, ids)


def _traits(one: Record) -> str | None:
    """Of the line of a message: its time, and the kinds and ids of its blocks."""
    message = one.message_id("")
    if message is None or one.at is None or not string(one.message.get("id")):
        return None
    blocks = (f"{string(block.get('type'))} {string(block.get('id'))}" for block in one.blocks)
    return digest("line", message, one.at.isoformat(), *blocks)


def _by_thread(file: Transcript, records: Sequence[Record]) -> dict[ThreadId, list[Record]]:
    """By the session that each names; what names none belongs to the file's, or to the last that is named in it."""
    session, subagent = file.thread
    named = [safe(one.session) for one in records if one.session]
    home = session if not named or session in named else named[-1]
    threads: dict[ThreadId, list[Record]] = {}
    for one in records:
        thread = ThreadId(safe(one.session) if one.session else home, subagent)
        threads.setdefault(thread, []).append(one)
    return threads
