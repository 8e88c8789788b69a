"""Given what happened, when a command comes, then this happens or it is refused; and what read tables show of it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, Self, TypeVar

import workledger
from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import Conditions
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.table import Table

A = TypeVar("A", bound=Aggregate)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first event happened; each other one, a second after the one before it."""


class given(Generic[A]):  # noqa: N801, it reads as a sentence
    """An aggregate with a past; none at all for a command that begins one.

    Args:
        kind: its class.
        past: its events.
        id: its id.
    """

    def __init__(self, kind: type[A], *past: Event, id: str = "it") -> None:
        self.kind, self.id = kind, id
        self.state = kind.fold(id, past)
        self.outcome: list[Event] | Refused = []
        self._log: list[tuple[type[Aggregate], str, Event]] = [(kind, id, event) for event in past]

    def and_given(self, kind: type[Aggregate], *past: Event, id: str) -> Self:
        """Another aggregate with a past, which read tables show too."""
        self._log += [(kind, id, event) for event in past]
        return self

    def when(self, command: Callable[..., Any], **arguments: Any) -> Self:
        """A command comes: `Deploy.fail`, or `Deploy.create` when there is no past."""
        try:
            decided = command(**arguments) if self.state is None else command(self.state, **arguments)
        except Refused as refused:
            self.outcome = refused
        else:
            self.outcome = decided.events if isinstance(decided, New) else decided
        return self

    def then(self, *events: Event) -> None:
        """These events happen and no others; none at all when none are given."""
        assert self.outcome == list(events), f"{self.outcome!r} is not {list(events)!r}"
        assert [event.payload() for event in self.events] == [event.payload() for event in events]

    def becomes(self, **fields: object) -> None:
        """The aggregate has these values once the outcome has happened."""
        after = self.kind.fold(self.id, self.events, self.state)
        found = {name: getattr(after, name) for name in fields}
        assert found == fields, f"{found!r} is not {fields!r}"

    def refused(self, why: type[Refused], **details: object) -> None:
        """The command is refused in that way, with at least these details."""
        assert type(self.outcome) is why, f"{self.outcome!r} is not {why}"
        assert self.outcome.details.items() >= details.items(), f"{self.outcome.details!r} lacks {details!r}"

    def shows(self, table: type[Table], *rows: Mapping[str, object], group: Group | None = None) -> None:
        """The table has these rows and no others, in the order of their keys; of each, the columns that are named.

        Args:
            group: the group of the table, when what it shows depends on other tables of it.
        """
        found = self.rows(table, group)
        named = [{name: row.get(name) for name in wanted} for row, wanted in zip(found, rows, strict=False)]
        assert len(found) == len(rows), f"{table.NAME} has {len(found)} rows, not {len(rows)}: {found!r}"
        assert named == [dict(row) for row in rows], f"{named!r} is not {list(rows)!r}"

    def rows(self, table: type[Table], group: Group | None = None) -> list[dict[str, Any]]:
        """The rows of the table once all that is given, and the outcome, have happened; in the order of their keys.

        Claims are left out: what the events refer to need not be there.
        """
        log = list(self._log)
        log += [(self.kind, self.id, event) for event in self.events]
        folded = group or Group(table.NAME, [table])
        with workledger.open("memory:", groups=[folded], policies=()) as ledger:
            ledger._core.events.put(list(_recorded(log)), conditions=Conditions())
            ledger.catch_up()
            with ledger.tables.engine.connect() as connection:
                found = dead_letters.find(connection)
            assert not found, f"{found[0].topic} cannot be folded into {folded.name}: {found[0].error}"
            return ledger.tables.all(table.table.select().order_by(*(table.c[name] for name in table.KEY)))

    @property
    def events(self) -> list[Event]:
        """What happened then."""
        assert isinstance(self.outcome, list), f"refused: {self.outcome!r}"
        return self.outcome


def _recorded(log: Iterable[tuple[type[Aggregate], str, Event]]) -> Iterable[Recorded]:
    """The events in their envelopes."""
    states: dict[str, Any] = {}
    for number, (kind, id, event) in enumerate(log):
        stream = kind.stream(id)
        before = states.get(stream)
        state = states[stream] = kind.begin(id, event) if before is None else before.after(event)
        yield Recorded(
            stream_id=stream,
            version=state.version,
            event=event,
            at=BEGAN + timedelta(seconds=number),
            event_id=uuid7(),
            actor="system",
            tags={name: tag for name, tag in state.tags().items() if tag},
        )
