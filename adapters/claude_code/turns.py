"""The turns of a thread: which lines are one, when it is complete, and what it used."""

from collections.abc import Collection, Container, Iterable, Sequence

from workledger.adapters.claude_code.happenings import Past, Turn
from workledger.adapters.claude_code.records import Record, Usage
from workledger.domain.import_source import Key


class Turns:
    """Where in a thread each turn is complete that has not been recorded.

    Args:
        telling: the places of the records that tell something of this thread.
        live: more may come, also of the last message.

    Attributes:
        held: the last message, where its usage may not be the last word yet.
    """

    def __init__(self, records: Sequence[Record], telling: Collection[int], past: Past, live: bool) -> None:
        self._records, self._telling, self._past = records, telling, past
        self._lines: dict[Key, list[int]] = {}
        for index, record in enumerate(records):
            if index in telling and (key := record.key):
                self._lines.setdefault(key, []).append(index)
        last = [*self._lines][-1] if self._lines else None
        self.held = last if last and live and self._is_open(last) else None
        complete = [(place, key) for key in self._lines if (place := self._place(key)) is not None]
        self._at: dict[int, list[Turn]] = {}
        self._numbers: dict[Key, int] = {}
        for number, (place, key) in enumerate(sorted(complete, key=lambda one: one[0]), past.turns + 1):
            self._numbers[key] = number
            self._at.setdefault(place, []).append(self._turn(number, key))

    def at(self, index: int) -> list[Turn]:
        """The turns that are complete with the record at that place. Behind the last one: those held back till now."""
        return self._at.get(index, [])

    def number(self, key: Key | None) -> int:
        """The number that the turn of that message has, or will have."""
        if key in self._past.usage:
            return self._past.turns
        return self._numbers.get(key, self._past.turns + len(self._numbers) + 1) if key else self._past.turns

    def _is_open(self, key: Key) -> bool:
        stopped = any(self._records[index].message.get("stop_reason") for index in self._lines[key])
        return key not in self._past.usage and not stopped

    def _place(self, key: Key) -> int | None:
        """Its last line, or the first record after it that is new; None when there is nothing to record."""
        place = self._lines[key][-1]
        if key == self.held or (key in self._past.usage and self._usage(key) == self._past.usage[key]):
            return None
        while place < len(self._records) and (place not in self._telling or self._known(place)):
            place += 1
        return place

    def _turn(self, number: int, key: Key) -> Turn:
        """The whole turn; or, where lines came after it was recorded, one with what they add."""
        before = self._past.usage.get(key)
        lines = [self._records[index] for index in self._lines[key] if before is None or not self._known(index)]
        uses = sum(block.get("type") == "tool_use" for line in lines for block in line.blocks)
        return Turn(number, self._usage(key) - (before or Usage()), uses)

    def _known(self, index: int) -> bool:
        return self._past.has(index, self._records[index])

    def _usage(self, key: Key) -> Usage:
        return _usage(self._records[index] for index in self._lines[key])


def counted(
    records: Sequence[Record], done: int, elsewhere: Container[str | None], held: Key | None
) -> dict[Key, Usage]:
    """What was counted for each message, when of these records so many had been recorded and one message was held."""
    lines: dict[Key, list[int]] = {}
    for index, record in enumerate(records):
        if record.key and record.uuid not in elsewhere:
            lines.setdefault(record.key, []).append(index)
    return {
        key: _usage([records[index] for index in places])
        for key, places in lines.items()
        if places[-1] < done and key != held
    }


def _usage(lines: Iterable[Record]) -> Usage:
    """That of the last line, in the order of the file, that tells any."""
    usages = [line.usage for line in sorted(lines, key=lambda one: one.start) if line.usage]
    return usages[-1] if usages else Usage()
