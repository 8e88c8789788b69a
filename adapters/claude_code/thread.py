"""A thread: an agent's side of a session as one file tells it, and the records in it that are new."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from workledger.adapters.claude_code.entries import Correction, Entry, Logged, NewRecord, ToolEnded, Turn
from workledger.adapters.claude_code.ownership import Ownership
from workledger.adapters.claude_code.reading import Part
from workledger.adapters.claude_code.records import DROPPED, KNOWN, TALK, Record, mapping
from workledger.adapters.claude_code.sizes import Sizes
from workledger.adapters.claude_code.told import Recorded
from workledger.adapters.claude_code.tools import RecordedCalls, Tools, unanswered
from workledger.adapters.claude_code.turns import Turns
from workledger.adapters.redaction import JSON, Redact, consecutive

FRESH = timedelta(minutes=15)
"""How long after its last record a session that was left in the middle of something counts as running."""


class Thread:
    """The records of a part of a file, and those of them that have not been imported.

    Args:
        began: the time of records without a timestamp that no record with one precedes.
        half_written: the file's last line is not complete.
        read_before: the bytes of the file that were read by an earlier import.
        recorded: the turns of its messages that are recorded, and `calls` the calls of runs.
        run_id, turn_count: of its run.

    Attributes:
        relevant: the places of the records that are this thread's alone and of a kind that is recorded.
        began, ended: when the first and the last of them were written.
        live: the session may still be running.
        left_out, first: why records are left out, how many of each, and on which line the first is. Results of calls
            that are not known are added when all of `new_records` are read.
    """

    def __init__(
        self,
        part: Part,
        message_ids: Sequence[str | None],
        ownership: Ownership,
        *,
        began: datetime,
        half_written: bool,
        read_before: int,
        recorded: Mapping[str, Recorded],
        run_id: str,
        turn_count: int,
        calls: RecordedCalls,
        now: datetime,
        redact: Redact,
        sizes: Sizes,
    ) -> None:
        self.id, self._part, self._records, self._message_ids = part.thread, part, part.records, message_ids
        self._own, self._held, self._redact, self._sizes = ownership.own, ownership.held, consecutive(redact), sizes
        self._run_id, self._recorded = run_id, recorded
        self.left_out: Counter[str] = Counter()
        self.first: dict[str, int] = {}
        self.relevant = {index for index in self._own if self._records[index].kind not in DROPPED}
        self._new = ownership.new & self.relevant
        self._leave_out(read_before)
        times = [one.at for index in sorted(self.relevant) if (one := self._records[index]).at]
        self.began, self.ended = (times[0], max(times)) if times else (began, began)
        last = max((one.at for one in self.own() if one.at), default=self.ended)
        self.live = abs(now - last) < FRESH and (half_written or self._is_busy())
        self._times = self._carried()
        self._tools = Tools(sizes, calls)
        self._turns = Turns(
            self._records,
            message_ids,
            self._times,
            own=self.relevant,
            new=self._new,
            recorded=recorded,
            count=turn_count,
        )

    @property
    def talks(self) -> bool:
        """Whether it is more than metadata."""
        return any(self._records[index].kind in TALK for index in self._own)

    @property
    def repeats(self) -> bool:
        """Whether it has records that are not its own."""
        return len(self._own) < len(self._records)

    def own(self) -> list[Record]:
        """The records that are this thread's alone."""
        return [one for index, one in enumerate(self._records) if index in self._own]

    def added(self) -> list[Record]:
        """Those of them that have not been imported yet."""
        return [one for index, one in enumerate(self._records) if index in self._new]

    def new_records(self) -> Iterator[NewRecord]:
        """The records that have not been imported yet, in order."""
        for index, record in enumerate(self._records):
            if index not in self._own:
                known = self._recorded.get(self._message_ids[index] or "")
                if known is not None and known.run_id != self._run_id:
                    self._tools.copied(record, known.run_id)
            elif index in self._new:
                yield self._new_record(index, record)
            elif any(block.get("type") in ("tool_use", "tool_result") for block in record.blocks):
                self._used(index, record, new=False)
                self._tools.ended(record, self._times[index], new=False)
        for reason, count in self._tools.left_out.items():
            self.left_out[reason] += count

    def late(self) -> Sequence[Turn | Correction]:
        """Turns and corrections that come with no new record."""
        return self._turns.late()

    def answered_before(self, log: Callable[[], Iterable[Record]]) -> Iterator[tuple[datetime, ToolEnded]]:
        """The ends of new calls whose results another file has told, which came earlier.

        Args:
            log: called when there are calls without a result, for the records in the agent's log.
        """
        waiting = self._tools.unanswered()
        if not waiting:
            return
        repeated = [one for index, one in enumerate(self._records) if index not in self._own]
        for record in [*(self._clean(one) for one in repeated if one.answers(waiting)), *log()]:
            if record.answers(waiting):
                at = record.at or self.ended
                yield from ((at, end) for end in self._tools.ended(record, at, new=True))

    def _clean(self, record: Record) -> Record:
        return replace(record, body=mapping(self._redact(record.body)))

    def _new_record(self, index: int, record: Record) -> NewRecord:
        at = self._times[index]
        clean = self._clean(record)
        entries: list[Entry] = [Logged(logged(clean.body, self._sizes))]
        entries += self._used(index, clean, new=True)
        entries += self._tools.ended(clean, at, new=True)
        entries += self._turns.at(index)
        unknown = record.kind not in KNOWN
        known_by = (self._part.ids[index], self._part.traits[index])
        ids = tuple(id for id in known_by if id and id not in self._held)
        return NewRecord(ids, record.number, record.start, at, tuple(entries), unknown)

    def _used(self, index: int, record: Record, new: bool) -> Sequence[Entry]:
        message = self._message_ids[index]
        return self._tools.used(
            record, message or self._part.ids[index], self._turns.number(message), self._times[index], new
        )

    def _leave_out(self, read_before: int) -> None:
        for index, record in enumerate(self._records):
            if index not in self.relevant and record.start >= read_before:
                reason = DROPPED[record.kind] if index in self._own else "records that repeat earlier ones"
                self.left_out[reason] += 1
                self.first.setdefault(reason, record.number)

    def _carried(self) -> list[datetime]:
        """When each record was written: one that does not say so, when the one before it was."""
        times, at = [], self.began
        for record in self._records:
            at = record.at or at
            times.append(at)
        return times

    def _is_busy(self) -> bool:
        """Whether it was left in the middle: with a tool call without a result, or a prompt without an answer."""
        kinds = [one.kind for one in self.own() if one.kind not in DROPPED]
        return bool(unanswered(self.own())) or kinds[-1:] == ["user"]


def logged(body: dict[str, JSON], sizes: Sizes) -> JSON:
    """A record as it is logged: the output of tools is cut to size, other text is not."""
    message = mapping(body.get("message"))
    content = message.get("content")
    if isinstance(content, list):
        blocks = [_cut(one, sizes) if mapping(one).get("type") == "tool_result" else one for one in content]
        body = {**body, "message": {**message, "content": blocks}}
    if "toolUseResult" in body:
        body = {**body, "toolUseResult": sizes.shortened(body["toolUseResult"])}
    return sizes.fitting(body)


def _cut(block: JSON, sizes: Sizes) -> JSON:
    return {**mapping(block), "content": sizes.shortened(mapping(block).get("content"))}
