"""How the rows of a table become events of an aggregate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from workledger.adapters.codewalkers.columns import camel
from workledger.adapters.codewalkers.life import Life
from workledger.adapters.codewalkers.lookups import COUNTED
from workledger.adapters.codewalkers.rows import Row
from workledger.adapters.codewalkers.schema import TABLES
from workledger.adapters.importing import Fact
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.claims import existence
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused

ALWAYS = frozenset(("id", "created_at", "updated_at"))

CATEGORIES = {
    "projects": "project",
    "accounts": "account",
    "initiatives": "initiative",
    "phases": "phase",
    "tasks": "task",
    "agents": "agent",
    "pages": "page",
    "chat_sessions": "chat_session",
    "messages": "message",
}
"""The categories of the aggregates that rows refer to, by table."""


@dataclass(frozen=True)
class Step:
    """What brings one row to what it says: the row, its aggregate before, and the events."""

    row: Row
    life: Life
    kind: type[Aggregate]

    @property
    def id(self) -> str:
        return self.row.key

    @property
    def state(self) -> Any:
        return self.life.state(self.kind, self.id)

    def happen(self, *events: Event, at: datetime | None = None) -> None:
        """Add events of its aggregate, at the time of its last change unless another is given."""
        self.life.happen(self.kind, self.id, at or self.row.updated_at, *events)

    def differs(self, column: str, attribute: str = "") -> bool:
        """Whether a column that has changed there differs from what is here."""
        return self.row.has_changed(column) and self.row[column] != getattr(self.state, attribute or column)


class Noun:
    """The rows of a table.

    Class attributes:
        table, kind, what: the table, its aggregate, and what the closing line calls its rows.
        follows: the columns whose changes `follow` brings in; those of others are told.
        lookups, order: what else is read of its rows, and in which order: see lookups.py and order.py.
        in_two_steps: its rows begin before, and are what they are after, those of tables that refer to them.
    """

    table: ClassVar[str]
    kind: ClassVar[type[Aggregate]]
    what: ClassVar[str]
    follows: ClassVar[frozenset[str]] = frozenset()
    lookups: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[str] = ""
    in_two_steps: ClassVar[bool] = False

    def created(self, row: Row) -> Event:
        """The first event of its aggregate."""
        raise NotImplementedError

    def follow(self, step: Step) -> None:
        """The events that bring the aggregate to what its row says."""

    def again(self, step: Step) -> Event | None:
        """An event that says once more what is so, of a row that was written without anything that we know of."""
        return None

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        """The row without what is refused; None when it cannot be taken without."""
        return self._without_missing(row, ledger)

    def told(self, row: Row) -> Row:
        """The row as far as it can be taken, whatever the ledger has."""
        return row

    def begin(self, step: Step) -> None:
        """The events by which its aggregate begins."""
        step.happen(self.created(step.row), at=step.row.created_at)

    def status(self, step: Step) -> str | None:
        """The status that it has after the events, in Codewalkers' words; None when it has none."""
        return getattr(step.state, "status", None)

    def facts(self, row: Row, life: Life, *, beginning: bool) -> tuple[Row, Sequence[Fact]]:
        """The row, with what was wrong with it, and its events.

        Args:
            beginning: only the first ones, of a row whose aggregate is not there.
        """
        row = self.told(row)
        step = Step(row, life, self.kind)
        if step.state is None:
            self.begin(step)
        elif beginning:
            return row, ()
        if not beginning:
            self.follow(step)
            if _is_stale(step) and (event := self.again(step)):
                step.happen(event)
            row = self._with_unfollowed(row, step)
        return row, [*step.life.facts()]

    def _with_unfollowed(self, row: Row, step: Step) -> Row:
        lost = (row.changed or frozenset()) - self.follows - ALWAYS - COUNTED
        if "status" in TABLES[self.table].columns and self.status(step) != row["status"]:
            lost |= {"status"}
        for name in sorted(lost):
            row = row.amended(f"{self.table}.{camel(name)}: changes that no command makes")
        return row

    def _without_missing(self, row: Row, ledger: Ledger) -> Row | None:
        """The row without references to what is not here; None when none is missing, or it needs one of them."""
        table = TABLES[self.table]
        named = {
            name: existence(CATEGORIES[column.references], row[name])
            for name, column in table.references()
            if row[name] is not None
        }
        held = ledger.store.held(named.values())
        missing = [name for name, key in named.items() if key not in held]
        if not missing or any(table.columns[name].required for name in missing):
            return None
        for name in missing:
            row = row.amended(f"{self.table}.{camel(name)}: rows that are not there", **{name: None})
        return row


def _is_stale(step: Step) -> bool:
    """Whether its last event is not of the time of the row's last change."""
    row, last_at = step.row, step.life.last_at
    if last_at is None:  # it began before, perhaps at that time, and other rows may have come to it since
        grew = any(row.values.get(one) for one in COUNTED)
        return row.changed is not None or row.updated_at != row.created_at or grew
    return last_at != row.updated_at
