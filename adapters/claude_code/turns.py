"""The turns of a thread: which lines form one, where it is complete, and the tokens it used."""

from collections.abc import Collection, Container, Iterable, Sequence

from workledger.adapters.claude_code.entries import Past, Turn
from workledger.adapters.claude_code.records import Record, Usage
from workledger.domain.import_source import Key


class Turns:
    """The turns that have not been recorded, by the place in the thread where each is complete.

    Args:
        relevant: the places of the records that count for this thread.
        live: more records may follow, also of the last message.

    Attributes:
        held: the last message, while its usage may not be final.
    """

    def __init__(self, records: Sequence[Record], relevant: Collection[int], past: Past, live: bool) -> None:
        self._records, self._relevant, self._past = records, relevant, past
        self._lines: dict[Key, list[int]] = {}
        for index, record in enumerate(records):
            if index in relevant and (key := record.key):
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
        """The turns that are complete with the record at that place; after the last one, those held back."""
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
        while place < len(self._records) and (place not in self._relevant or self._known(place)):
            place += 1
        return place

    def _turn(self, number: int, key: Key) -> Turn:
        """The whole turn; or, when lines were added after it was recorded, a turn with what they add."""
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
    """The tokens counted for each message when so many of these records were recorded and one message was held."""
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
    """The usage of the last line, in the order of the file, that has one."""
    usages = [line.usage for line in sorted(lines, key=lambda one: one.start) if line.usage]
    return usages[-1] if usages else Usage()
