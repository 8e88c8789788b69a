"""The turns of a thread: which lines form one, where it is complete, and the tokens it used."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from workledger.adapters.claude_code.entries import Correction, Turn
from workledger.adapters.claude_code.records import Record, Usage
from workledger.adapters.claude_code.told import UNKNOWN, Recorded

Rank = tuple[bool, datetime, tuple[int, int, int, int]]
"""Of what lines say that a message used, the highest counts: that is said at all, then the latest, then the most.

It is the same in whatever order the lines are read, so a turn comes out the same in however many pieces it is imported.
"""


class Turns:
    """The turns to record, and the corrections of recorded ones, by the place in the thread where they are recorded.

    Args:
        message_ids: for each record the message that it is a line of, if it is one.
        times: for each record when it was written.
        own: the places of the records that are this thread's, and `new` those of them that are not imported yet.
        recorded: the turns of these messages that are recorded.
        count: of the turns that the run has.
    """

    def __init__(
        self,
        records: Sequence[Record],
        message_ids: Sequence[str | None],
        times: Sequence[datetime],
        *,
        own: Collection[int],
        new: Collection[int],
        recorded: Mapping[str, Recorded],
        count: int,
    ) -> None:
        self._records, self._times, self._new, self._recorded, self._count = records, times, new, recorded, count
        lines: dict[str, list[int]] = {}
        for index, message in enumerate(message_ids):
            if message:
                lines.setdefault(message, []).append(index)
        self._at: dict[int, list[Turn | Correction]] = {}
        self._numbers: dict[str, int] = {}
        for place, message in sorted((self._place(places), message) for message, places in lines.items()):
            known = recorded.get(message)
            if known is not None:
                self._correct(place, message, lines[message], known)
            elif any(index in own for index in lines[message]):
                number = self._numbers[message] = count + len(self._numbers) + 1
                self._at.setdefault(place, []).append(self._turn(number, message, lines[message]))

    def at(self, index: int) -> list[Turn | Correction]:
        """Those that are recorded with the record at that place."""
        return self._at.get(index, [])

    def late(self) -> list[Turn | Correction]:
        """Those of messages without any new line."""
        return self.at(len(self._records))

    def number(self, message: str | None) -> int:
        """The number that the turn of that message has, or will have."""
        if message is None:
            return self._count
        known = self._recorded.get(message)
        return self._numbers.get(message, known.number if known else self._count)

    def _place(self, places: Sequence[int]) -> int:
        """Its last new line."""
        return max((index for index in places if index in self._new), default=len(self._records))

    def _turn(self, number: int, message: str, places: Sequence[int]) -> Turn:
        index, usage = self._used(places)
        return Turn(number, message, self._model(places), usage, self._calls(places), self._times[index])

    def _correct(self, place: int, message: str, places: Sequence[int], known: Recorded) -> None:
        index, usage = self._used(places)
        better = _rank(usage, self._times[index]) > _rank(known.usage, known.at) and known.at != UNKNOWN
        more = usage - known.usage if better else Usage()
        calls = self._calls([index for index in places if index in self._new])
        if (more != Usage() or calls) and known.run_id:
            at = self._times[index] if better else known.at
            turn = Turn(known.number, message, known.model or self._model(places), more, calls, at)
            self._at.setdefault(place, []).append(Correction(known.run_id, turn))

    def _used(self, places: Sequence[int]) -> tuple[int, Usage]:
        """What the message used, and the line that says so."""
        said = [(index, self._records[index].usage or Usage()) for index in places]
        return max(said, key=lambda one: _rank(one[1], self._times[one[0]]))

    def _calls(self, places: Sequence[int]) -> int:
        """The calls in those lines, a call that several repeat once."""
        blocks = [block for index in places for block in self._records[index].blocks]
        return len({str(block.get("id")) for block in blocks if block.get("type") == "tool_use"})

    def _model(self, places: Sequence[int]) -> str | None:
        return next((model for index in places if (model := self._records[index].model)), None)


def _rank(usage: Usage, at: datetime) -> Rank:
    return usage != Usage(), at, usage.size
