"""A thread: one transcript file, an agent's side of a session, and the records in it that are new."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from workledger.adapters.claude_code import sizes
from workledger.adapters.claude_code.entries import Logged, NewRecord, Turn
from workledger.adapters.claude_code.reading import Reading
from workledger.adapters.claude_code.records import DROPPED, KNOWN, Record, mapping
from workledger.adapters.claude_code.tools import Tools, unanswered
from workledger.adapters.claude_code.turns import Turns
from workledger.adapters.redaction import JSON, Redact, consecutive

FRESH = timedelta(minutes=15)
"""How long after its last record a session that was left in the middle of something counts as running."""


class Thread:
    """The records of a file, and those of them that have not been imported.

    Args:
        limit: characters that are kept of a tool's output.

    Attributes:
        relevant: the places of the records that are this thread's alone and of a kind that is recorded.
        began, ended: when the first and the last of them were written.
        live: the session may still be running.
        left_out, unknown: counted while `new_records` are read.
    """

    def __init__(self, reading: Reading, *, now: datetime, redact: Redact, limit: int) -> None:
        self._records, self._past, self._redact, self._limit = reading.records, reading.past, consecutive(redact), limit
        self.left_out: Counter[str] = Counter()
        self.unknown = 0
        self._own = self._owned()
        self.relevant = {index for index in self._own if self._records[index].kind not in DROPPED}
        times = [one.at for index in sorted(self.relevant) if (one := self._records[index]).at]
        self.began, self.ended = (times[0], max(times)) if times else (reading.began, reading.began)
        last = max((one.at for one in self.own() if one.at), default=self.ended)
        self.live = now - last < FRESH and (reading.half_written or self._is_busy())
        self.turns = Turns(self._records, self.relevant, self._past, self.live)

    def own(self) -> Iterator[Record]:
        """The records that are this thread's alone."""
        return (one for index, one in enumerate(self._records) if index in self._own)

    def new_records(self) -> Iterator[NewRecord]:
        """The records that have not been imported yet, in order."""
        tools, at = Tools(self._limit), self.began
        for index, record in enumerate(self._records):
            at = record.at or at
            new = not self._past.has(index, record)
            if index not in self._own:
                self.left_out["records that repeat earlier ones"] += new
            elif record.kind in DROPPED:
                self.left_out[DROPPED[record.kind]] += new
            else:
                clean = replace(record, body=mapping(self._redact(record.body)))
                used = tuple(tools.used(clean, self.turns.number(record.key), at))
                ended = tuple(tools.ended(clean, at))
                if new:
                    self.unknown += record.kind not in KNOWN
                    entry = Logged(logged(clean.body, self._limit))
                    yield NewRecord(index, at, (entry, *used, *ended, *self.turns.at(index)))
        self.left_out += tools.left_out

    def late(self) -> Sequence[Turn]:
        """Turns that were held back, and are complete since nothing more came."""
        return self.turns.at(len(self._records))

    def _owned(self) -> set[int]:
        seen: set[str] = set()
        own = set()
        for index, record in enumerate(self._records):
            if record.uuid is None or not (record.uuid in seen or record.uuid in self._past.elsewhere):
                own.add(index)
            if record.uuid:
                seen.add(record.uuid)
        return own

    def _is_busy(self) -> bool:
        """Whether it was left in the middle: with a tool call without a result, or a prompt without an answer."""
        kinds = [one.kind for one in self.own() if one.kind not in DROPPED]
        return bool(unanswered(self.own())) or kinds[-1:] == ["user"]


def logged(body: dict[str, JSON], limit: int) -> JSON:
    """A record as it is logged: the output of tools is cut to size, other text is not."""
    message = mapping(body.get("message"))
    content = message.get("content")
    if isinstance(content, list):
        blocks = [_cut(one, limit) if mapping(one).get("type") == "tool_result" else one for one in content]
        body = {**body, "message": {**message, "content": blocks}}
    if "toolUseResult" in body:
        body = {**body, "toolUseResult": sizes.shortened(body["toolUseResult"], limit)}
    return sizes.fitting(body)


def _cut(block: JSON, limit: int) -> JSON:
    return {**mapping(block), "content": sizes.shortened(mapping(block).get("content"), limit)}
