"""Given what happened, when a command comes, then this happens or it is refused."""

from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from workledger.domain.kernel.aggregate import Aggregate, Event, New
from workledger.domain.kernel.refusals import Refused

A = TypeVar("A", bound=Aggregate)


class given(Generic[A]):  # noqa: N801, it reads as a sentence
    """An aggregate with a past; none at all for a command that begins one."""

    def __init__(self, kind: type[A], *past: Event, id: str = "it") -> None:
        self.kind, self.id = kind, id
        self.state = kind.fold(id, past)
        self.outcome: list[Event] | Refused = []

    def when(self, command: Callable[..., Any], **arguments: Any) -> Self:
        try:
            decided = command(**arguments) if self.state is None else command(self.state, **arguments)
        except Refused as refused:
            self.outcome = refused
        else:
            self.outcome = decided.events if isinstance(decided, New) else decided
        return self

    def then(self, *events: Event) -> None:
        assert self.outcome == list(events), f"{self.outcome!r} is not {list(events)!r}"
        assert [event.payload() for event in self.events] == [event.payload() for event in events]

    def becomes(self, **fields: object) -> None:
        """The aggregate has these values once the outcome has happened."""
        after = self.kind.fold(self.id, self.events, self.state)
        found = {name: getattr(after, name) for name in fields}
        assert found == fields, f"{found!r} is not {fields!r}"

    def refused(self, why: type[Refused], **details: object) -> None:
        assert type(self.outcome) is why, f"{self.outcome!r} is not {why}"
        assert self.outcome.details.items() >= details.items(), f"{self.outcome.details!r} lacks {details!r}"

    @property
    def events(self) -> list[Event]:
        """What happened then."""
        assert isinstance(self.outcome, list), f"refused: {self.outcome!r}"
        return self.outcome
