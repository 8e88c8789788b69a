"""Aggregates: the state that the events of one stream are folded into, and its commands."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Self

from workledger.domain.kernel.claims import Claim, Require, existence
from workledger.domain.kernel.command import ANY, Command
from workledger.domain.kernel.command import command as command
from workledger.domain.kernel.event import Created as Created
from workledger.domain.kernel.event import Deleted as Deleted
from workledger.domain.kernel.event import Event as Event
from workledger.domain.kernel.event import Frozen as Frozen
from workledger.domain.kernel.event import Peers as Peers
from workledger.domain.kernel.fields import UNSET
from workledger.domain.kernel.new import New as New
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused


class Aggregate(Frozen):
    """The state that the events of one stream are folded into. It has only the fields that a command reads.

    A command is a method that decides on this state alone and returns the events that follow: none when nothing would
    change. It refuses by raising a Refused. `@command(when=…, unless=…)` says in which states of
    the aggregate's machine it may be called.

    Class arguments:
        category: the first part of the names of its streams, and of the topics of its events.
        prefix: what its new ids begin with.
        not_found: the refusal when there is none with an id.
        invalid: the refusal of a command that its state does not allow.
        state: the attribute that holds the state of its machine.
    """

    CATEGORY: ClassVar[str]
    NOT_FOUND: ClassVar[type[NotFound]]
    INVALID: ClassVar[type[Refused]]
    STATE: ClassVar[str]
    PREFIX: ClassVar[str]
    CATEGORIES: ClassVar[dict[str, type["Aggregate"]]] = {}

    id: str
    version: int
    deleted: bool = False

    def __init_subclass__(
        cls,
        *,
        category: str = "",
        prefix: str = "",
        not_found: type[NotFound] = NotFound,
        invalid: type[Refused] = InvalidTransition,
        state: str = "status",
        **config: Any,
    ) -> None:
        super().__init_subclass__(**config)
        if category:
            cls.CATEGORY, cls.PREFIX, cls.NOT_FOUND = category, prefix or category, not_found
            cls.INVALID, cls.STATE = invalid, state
            owner = Aggregate.CATEGORIES.get(category, cls)
            if owner.__module__ != cls.__module__:
                raise TypeError(f"The category {category} belongs to {owner}.")
            Aggregate.CATEGORIES[category] = cls

    @classmethod
    def stream(cls, id: str) -> str:
        """The stream that holds the aggregate with that id."""
        return f"{cls.CATEGORY}-{id}"

    @classmethod
    def exists(cls, id: str, refused: type[Refused] | None = None) -> Require:
        """The claim that there is one with that id: taken by its `Created`, released by its `Deleted` event.

        Args:
            refused: the refusal when there is none, instead of `not_found`.
        """
        return Require(existence(cls.CATEGORY, id), refused or cls.NOT_FOUND, details={"id": id})

    @classmethod
    def begin(cls, id: str, first: Event) -> Self:
        """The aggregate after its first event."""
        fields = first.changes(None)
        return cls(id=id, version=1, **{name: fields[name] for name in fields if name in cls.model_fields})

    def after(self, event: Event) -> Self:
        """The aggregate after one more event."""
        return self.model_copy(update=self._changed(event))

    @classmethod
    def fold(cls, id: str, events: Iterable[Event], before: Self | None = None) -> Self | None:
        """The aggregate after those events; None when there are none.

        Args:
            before: the aggregate before them, which stays as it is.
        """
        state = None if before is None else before.model_copy()
        for event in events:
            if state is None:
                state = cls.begin(id, event)
            else:
                state.__dict__.update(state._changed(event))  # nobody else has it yet
        return state

    def _changed(self, event: Event) -> dict[str, Any]:
        """The fields that one more event sets."""
        fields = event.changes(self)
        return {name: fields[name] for name in fields if name in type(self).model_fields} | {
            "version": self.version + 1
        }

    def tags(self) -> dict[str, str | None]:
        """The ids that its events are found by: project, task, agent, run, session, workspace."""
        return {}

    def belongs_to(self) -> Iterable[Require]:
        """The existence of its parents, which never change. When one of them is gone, so is the aggregate, for every
        event that requires its existence (domain.md 3.5, rule 4)."""
        return ()

    def requires(self) -> Iterable[Claim]:
        """The claims that every event of it relies on: the existence of its parents."""
        return self.belongs_to()

    def differing(self, **wanted: Any) -> dict[str, Any]:
        """The values that differ from the aggregate's; UNSET ones are left out."""
        return {name: value for name, value in wanted.items() if value is not UNSET and value != getattr(self, name)}

    def machine_state(self) -> str:
        """The state of its machine, such as its status; empty when it has none."""
        return str(getattr(self, self.STATE, ""))

    def refusal(self, command: str) -> Refused:
        """The refusal of a command that its state does not allow."""
        return self.INVALID(kind=self.CATEGORY, state=self.machine_state(), command=command)

    @classmethod
    def state_of(cls, row: Mapping[str, Any]) -> str:
        """The state of the machine that a row of its read table shows."""
        return str(row.get(cls.STATE, ""))

    @classmethod
    def allowed(cls, state: str) -> list[str]:
        """The commands that may change something in a state of its machine."""
        return [name for name, one in cls.machine().items() if _allows(one, state)]

    @classmethod
    def machine(cls) -> dict[str, Command]:
        """The states that its commands are declared for, by the name of the command."""
        machine: dict[str, Any] = cls.commands()
        return machine

    @classmethod
    @cache
    def commands(cls) -> dict[str, Callable[..., Any]]:
        """Its commands by name, in the order of their definition; `create` is not among them."""
        members = ((name, member) for base in reversed(cls.__mro__) for name, member in vars(base).items())
        return {name: member for name, member in members if getattr(member, "is_command", False)}


def _allows(command: Command, state: str) -> bool:
    return state not in command.unless and (command.when == ANY or state in command.when)
