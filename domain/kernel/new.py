"""A new aggregate, as the class method that begins it returns it."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from workledger.domain.kernel.event import Event, Frozen

A = TypeVar("A", bound=Frozen)


class New(Generic[A]):
    """An aggregate to be created: its kind, its id and its first events.

    Attributes:
        asked: the command that returned it, and the arguments that it was called with: what events hold beside them,
            such as a new id, is another one in a repeat.
    """

    def __init__(self, kind: type[A], id: str, events: Sequence[Event]) -> None:
        self.kind, self.id, self.events = kind, id, list(events)
        self.asked: tuple[str, Sequence[Any], Mapping[str, Any]] = ("", (), {})
