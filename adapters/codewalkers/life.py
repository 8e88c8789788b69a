"""The life of an aggregate as a row tells it: the events that bring it to what the row says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from workledger.adapters.importing import Fact
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger


@dataclass
class Life:
    """Events of one or several streams, in the order in which they happened.

    Attributes:
        last_at: the time of the last one.
    """

    ledger: Ledger
    last_at: datetime | None = None
    states: dict[str, Any] = field(default_factory=dict)
    _happened: list[tuple[type[Aggregate], str, int, datetime, Event]] = field(default_factory=list)

    def state(self, kind: type[Aggregate], id: str) -> Any:
        """The aggregate after these events; None when there is none."""
        stream = kind.stream(id)
        if stream not in self.states:
            self.states[stream] = self.ledger.find_any(kind, id)
        return self.states[stream]

    def happen(self, kind: type[Aggregate], id: str, at: datetime, *events: Event) -> None:
        """Add events."""
        for event in events:
            state = self.state(kind, id)
            self._happened.append((kind, id, 0 if state is None else state.version, at, event))
            self.states[kind.stream(id)] = kind.begin(id, event) if state is None else state.after(event)
            self.last_at = at

    def has(self, kind: type[Event]) -> bool:
        """Whether there is an event of that kind."""
        return any(isinstance(event, kind) for *_, event in self._happened)

    def facts(self) -> Iterator[Fact]:
        """Those of one stream and one time that follow each other are one fact."""
        for (kind, id, at), group in groupby(self._happened, lambda one: (one[0], one[1], one[3])):
            events = [*group]
            yield Fact(kind, id, events[0][2], [event for *_, event in events], at, "")
