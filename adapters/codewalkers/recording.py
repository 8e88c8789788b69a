"""Records rows, a few hundred events in an append, each with the mark by which the next import knows it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from workledger.adapters.codewalkers.life import Life
from workledger.adapters.codewalkers.marks import SOURCE
from workledger.adapters.codewalkers.noun import Noun
from workledger.adapters.codewalkers.rows import Row, marked_names
from workledger.adapters.importing import Batches, Fact, Report
from workledger.domain.imported_rows import RowsImported, record_rows
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.unit import Unit

AMENDMENTS = 8
"""Of one row, before it is left out."""


@dataclass(frozen=True, kw_only=True)
class RowFact(Fact):
    """All events of a row.

    Attributes:
        parts: its facts, in their order.
        beginning: its other events come later.
    """

    parts: Sequence[Fact]
    row: Row
    noun: Noun
    ledger: Ledger
    beginning: bool

    def record(self, unit: Unit) -> bool:
        return all(part.record(unit) for part in self.parts)

    def instead(self, refused: Refused) -> Fact | None:
        amended = self.noun.amended(self.row, refused, self.ledger) if len(self.row.faults) < AMENDMENTS else None
        return None if amended is None else fact_of(self.noun, amended, Life(self.ledger), beginning=self.beginning)


def fact_of(noun: Noun, row: Row, life: Life, *, beginning: bool) -> RowFact:
    """The fact that a row tells.

    Args:
        life: its aggregate's, with no events yet.
        beginning: only the events by which its aggregate begins.
    """
    told, parts = noun.facts(row, life, beginning=beginning)
    events = [event for part in parts for event in part.events]
    what = noun.what if row.changed is None else f"changed {noun.what}"
    return RowFact(
        noun.kind,
        row.key,
        0,
        events,
        None,
        what,
        row.place,
        parts=parts,
        row=told,
        noun=noun,
        ledger=life.ledger,
        beginning=beginning,
    )


class Recording(Batches):
    """Records rows, of tables in two steps: as they begin, and later all else.

    Args:
        place: a digest of where the database is.
    """

    def __init__(self, ledger: Ledger, report: Report, place: str) -> None:
        super().__init__(ledger, report)
        self._place = place
        self._amended: dict[str, Row] = {}
        self._lost: set[str] = set()

    def begun(self, row: Row) -> Row | None:
        """The row as it began, with what was wrong with it; None when it could not."""
        return None if row.place in self._lost else self._amended.get(row.place, row)

    def _also(self, unit: Unit, facts: Sequence[Fact]) -> None:
        rows: dict[str, list[RowFact]] = defaultdict(list)
        for fact in facts:
            if isinstance(fact, RowFact) and not fact.beginning:
                rows[fact.row.table].append(fact)
        for table, whole in rows.items():
            columns = marked_names(table, whole[0].noun.lookups)
            marks = {fact.row.key: fact.row.marks for fact in whole}
            event = RowsImported(source=SOURCE, place=self._place, table=table, columns=columns, rows=marks)
            record_rows(unit, event)

    def _count(self, fact: Fact) -> None:
        if isinstance(fact, RowFact) and fact.beginning:
            if fact.row.faults:
                self._amended[fact.place] = fact.row
            return
        if isinstance(fact, RowFact):
            fact.row.tell(self._report)
        super()._count(fact)

    def _leave_out(self, fact: Fact, error: Exception) -> None:
        before = self._report.left_out.total()
        super()._leave_out(fact, error)
        if isinstance(fact, RowFact) and fact.beginning and self._report.left_out.total() > before:
            self._lost.add(fact.place)
