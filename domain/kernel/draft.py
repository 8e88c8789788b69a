"""A draft: an aggregate that is being edited in a unit of work."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial, update_wrapper
from typing import Any, Generic, NoReturn, TypeVar

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.event import Event
from workledger.domain.kernel.refusals import Refused

A = TypeVar("A", bound=Aggregate)
Read = Callable[[], A]
"""Returns the aggregate, with the events recorded in the unit of work."""
Call = Callable[[str, Sequence[Any], Mapping[str, Any]], list[Event]]
"""Calls a command of the aggregate by its name, with arguments, and returns its events."""


class DraftReadOnly(Refused, AttributeError):
    """{kind}.{name} cannot be set; call a command instead: {commands}"""

    code = "DRAFT_READ_ONLY"


class Draft(Generic[A]):
    """An aggregate being edited: its fields are the aggregate's, and its commands record the events that they return.

    Type checkers see the aggregate itself, as `Unit.edit` and `Ledger.edit` promise one. It is a proxy, so
    `isinstance(draft, Task)` is False.

    Reading a draft outside a decision pins the aggregate: when another writer appends to it in between, the append
    conflicts, because code that has used the old value cannot be replayed. A decision (`Ledger.decide`, `Unit.decide`)
    is taken again instead. Reading the id pins nothing, as it never changes.
    """

    __slots__ = ("_call", "_id", "_kind", "_read")
    _kind: type[A]
    _id: str
    _read: Read[A]
    _call: Call

    def __init__(self, kind: type[A], id: str, read: Read[A], call: Call) -> None:
        for name, value in {"_kind": kind, "_id": id, "_read": read, "_call": call}.items():
            object.__setattr__(self, name, value)

    @property
    def id(self) -> str:
        """The id of the aggregate."""
        return self._id

    def __getattr__(self, name: str) -> Any:
        command = self._kind.commands().get(name)
        if command is None:
            return getattr(self._read(), name)
        return update_wrapper(partial(self._command, name), command)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        takes_it = [
            one for one, command in self._kind.commands().items() if name in inspect.signature(command).parameters
        ]
        commands = ", ".join(takes_it or self._kind.commands()) or "it has none"
        raise DraftReadOnly(kind=self._kind.__name__, name=name, commands=commands)

    def __delattr__(self, name: str) -> NoReturn:
        self.__setattr__(name, None)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._kind), *self._kind.model_fields} - {"begin", "fold", "after"})

    def __repr__(self) -> str:
        return f"<draft of {self._kind.__name__} {self._id}>"

    def _command(self, name: str, /, *args: Any, **kwargs: Any) -> list[Event]:
        return self._call(name, args, kwargs)
