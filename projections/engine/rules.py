"""The rules that the columns of a read table are declared with: which events set them, and to what."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workledger.domain.kernel.aggregate import Event

Kind = type[Event]
ABSENT = object()
"""What a rule's function returns when the event says nothing about the column."""


class Rule:
    """How events set a column. Where no events are named, it holds for all that change the row (see plan.py)."""

    def __init__(self, *events: Kind) -> None:
        self.topics = tuple(event.TOPIC for event in events)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{sorted((name, _named(value)) for name, value in vars(self).items())}"

    @property
    def functions(self) -> Sequence[Callable[..., Any]]:
        """The functions that it makes values with: their code belongs to the table's fingerprint."""
        return ()


class From(Rule):
    """The event's field of the same name (or `field`), or what `by` makes of it. A field that a patch event leaves out
    leaves the column as it is."""

    def __init__(self, *events: Kind, field: str | None = None, by: Callable[[Any], Any] | None = None) -> None:
        super().__init__(*events)
        self.field, self.by = field, by

    @property
    def functions(self) -> Sequence[Callable[..., Any]]:
        return (self.by,) if self.by else ()


class Logged(From):
    """The event's field of the same name (or `field`), left in the log: the column holds the event's position, and
    `ReadTables` looks the value up there (see logged.py). It reads None once the event was erased."""

    def __init__(self, *events: Kind, field: str | None = None) -> None:
        super().__init__(*events, field=field)


class Tag(Rule):
    """The id that the event is tagged with: for the keys of rows that events of other streams change."""

    def __init__(self, name: str, *events: Kind) -> None:
        super().__init__(*events)
        self.name = name


class Stream(Rule):
    """The id of the stream: for the keys of rows that events of their own stream change."""


class Version(Rule):
    """The version of the event in its stream."""


class When(Rule):
    """The time of the event; with `only`, of events whose field of that name is true."""

    def __init__(self, *events: Kind, only: str | None = None) -> None:
        super().__init__(*events)
        self.only = only


class Becomes(Rule):
    """A constant for each kind of event, or a function of its payload, which may return ABSENT."""

    def __init__(self, values: Mapping[Kind, Any]) -> None:
        super().__init__(*values)
        self.values = {event.TOPIC: value for event, value in values.items()}

    def __repr__(self) -> str:
        return f"Becomes{ {topic: _named(value) for topic, value in self.values.items()} }"

    @property
    def functions(self) -> Sequence[Callable[..., Any]]:
        return tuple(value for value in self.values.values() if callable(value))


class Position(Rule):
    """The position of the event in the log."""


class Sum(Rule):
    """Adds the event's field, or the number that `by` makes of it."""

    def __init__(self, field: str, *events: Kind, by: Callable[[Any], int] | None = None) -> None:
        super().__init__(*events)
        self.field, self.by = field, by

    @property
    def functions(self) -> Sequence[Callable[..., Any]]:
        return (self.by,) if self.by else ()


class Count(Rule):
    """Adds one."""


@dataclass(frozen=True)
class References:
    """What becomes of the row when the row that its column names is deleted (domain.md 3.5)."""

    table: str
    on_delete: str
    """`cascade`: it is deleted as well; `null`: the column is set to null."""


def _named(value: Any) -> Any:
    return getattr(value, "__name__", "function") if callable(value) else value
