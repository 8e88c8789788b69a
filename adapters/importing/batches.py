"""Facts that are recorded a few hundred at a time, each whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workledger.adapters.failures import refusal_of
from workledger.adapters.importing.report import Report
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused, Unavailable
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
            ConcurrencyConflict: the stream that it begins exists already.
        """
        state = unit.find(self.kind, self.id) if self.after else None
        if state is None and self.after:
            raise self.kind.NOT_FOUND(id=self.id)
        if state is not None and state.version != self.after:
            return False
        state = unit.record(self.kind, self.id, self.events, at=self.at)
        wanted = self.after + len(self.events)
        if state.version != wanted:
            raise ConcurrencyConflict(stream=self.kind.stream(self.id), expected=wanted, actual=state.version)
        return True


class Batches:
    """Records facts in units of BATCH events.

    When a unit fails, each fact in it is recorded by itself, and those that fail are left out, whatever the error: one
    that is too large or of another shape never ends an import. A database that fails does.
    """

    def __init__(self, ledger: Ledger, report: Report) -> None:
        self._ledger, self._report = ledger, report
        self._facts: list[Fact] = []

    def add(self, fact: Fact) -> None:
        """Record this, now or together with later facts."""
        self._facts.append(fact)
        if sum(len(one.events) for one in self._facts) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Record the facts that were added."""
        facts, self._facts = self._facts, []
        if not facts:
            return
        try:
            self._record(facts)
        except Exception as error:
            if _is_outage(error):
                raise
            for fact in facts:
                self._record_alone(fact)

    def _record_alone(self, fact: Fact) -> None:
        try:
            self._record([fact])
        except Refused as refused:
            if _is_outage(refused):
                raise
            self._report.skip(f"{fact.what} refused with {refused.code}", fact.place)
        except Exception as error:
            if _is_outage(error):
                raise
            self._report.skip(f"{fact.what} that cannot be stored ({type(error).__name__})", fact.place)

    def _record(self, facts: Sequence[Fact]) -> None:
        new: dict[int, bool] = {}

        def take(unit: Unit) -> None:
            new.update((number, fact.record(unit)) for number, fact in enumerate(facts))

        with self._ledger.unit() as unit:
            unit.decide(lambda: take(unit))
        for number, fact in enumerate(facts):
            if new[number]:
                self._report.imported[fact.what] += 1
            else:
                self._report.skip(f"{fact.what} (recorded by another process)", fact.place)


def _is_outage(error: Exception) -> bool:
    """Whether the same would happen to every other fact: the database or the memory is at fault."""
    refused = error if isinstance(error, Refused) else refusal_of(error)
    return isinstance(refused, Unavailable) or isinstance(error, MemoryError | OSError)
