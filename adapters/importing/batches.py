"""Facts that are recorded a few hundred at a time, each whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workledger.adapters.failures import refusal_of
from workledger.adapters.importing.report import Report
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused, Unavailable
from workledger.domain.kernel.unit import Unit

BATCH = 400
"""Events in one append, or a few more: facts that belong together stay together."""


@dataclass(frozen=True)
class Fact:
    """Events of one stream to be recorded, whole or not at all.

    Attributes:
        after: the version of the stream that they follow.
        what: what they are called in the report, and `place` where the source has them.
    """

    kind: type[Aggregate]
    id: str
    after: int
    events: Sequence[Event]
    at: datetime | None
    what: str
    place: str = ""

    def record(self, unit: Unit) -> bool:
        """Record it; False when another process has recorded something in the stream since.

        Raises:
            NotFound: the stream that it continues does not exist.
            ConcurrencyConflict: in the append: the stream that it begins exists already.
        """
        if not self.after:
            unit.begin(self.kind, self.id, self.events, at=self.at)
            return True
        state = unit.find(self.kind, self.id)
        if state is None:
            raise self.kind.NOT_FOUND(id=self.id)
        if state.version != self.after:
            return False
        unit.record(self.kind, self.id, self.events, at=self.at)
        return True

    def instead(self, refused: Refused) -> "Fact | None":
        """What is recorded in its place when it was refused."""
        return None


class Batches:
    """Records facts in units of BATCH events.

    When a unit fails, its halves are recorded, and so on, and the facts that fail by themselves are left out, whatever
    the error: one that is too large or of another shape never ends an import. A database that fails does.
    """

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger, self._report = ledger, report
        self._facts: list[Fact] = []
        self._events = 0

    def add(self, fact: Fact) -> None:
        """Record this, now or together with later facts."""
        self._facts.append(fact)
        self._events += max(1, len(fact.events))
        if self._events >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Record the facts that were added."""
        facts, self._facts, self._events = self._facts, [], 0
        if facts:
            self._record_as_far_as_possible(facts)

    def _record_as_far_as_possible(self, facts: Sequence[Fact]) -> None:
        try:
            self._record(facts)
        except Exception as error:
            if _is_outage(error):
                raise
            if len(facts) == 1:
                self._leave_out(facts[0], error)
                return
            half = len(facts) // 2
            self._record_as_far_as_possible(facts[:half])
            self._record_as_far_as_possible(facts[half:])

    def _leave_out(self, fact: Fact, error: Exception) -> None:
        if not isinstance(error, Refused):
            self._report.skip(f"{fact.what} that cannot be stored ({type(error).__name__})", fact.place)
        elif (other := fact.instead(error)) is not None:
            self._record_as_far_as_possible([other])
        else:
            self._report.skip(f"{fact.what} refused with {error.code}", fact.place)

    def _record(self, facts: Sequence[Fact]) -> None:
        new: dict[int, bool] = {}

        def take(unit: Unit) -> None:
            new.update((number, fact.record(unit)) for number, fact in enumerate(facts))
            self._also(unit, [fact for number, fact in enumerate(facts) if new[number]])

        with self._ledger.unit() as unit:
            unit.decide(lambda: take(unit))
        for number, fact in enumerate(facts):
            if new[number]:
                self._count(fact)
            else:
                self._report.skip(f"{fact.what} (recorded by another process)", fact.place)

    def _also(self, unit: Unit, facts: Sequence[Fact]) -> None:
        """Record what belongs into the append of these facts."""

    def _count(self, fact: Fact) -> None:
        """Report a fact that was recorded."""
        self._report.imported[fact.what] += 1


def _is_outage(error: Exception) -> bool:
    """Whether the same would happen to every other fact: the database or the memory is at fault."""
    refused = error if isinstance(error, Refused) else refusal_of(error)
    return isinstance(refused, Unavailable) or isinstance(error, MemoryError | OSError)
