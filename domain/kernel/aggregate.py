"""The words the domain is written in: Event, Aggregate, command, New."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache, wraps
from typing import Any, ClassVar, Generic, ParamSpec, Protocol, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError, validate_call

from workledger.domain.kernel.claims import Claim
from workledger.domain.kernel.refusals import InvalidInput, NotFound

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A", bound="Aggregate")


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Frozen):
    """Something that happened: the payload alone, stored under its topic for ever.

    Topics, field names and versions are the storage format. A field is never renamed, and what fields
    an event has never changes without a new `version` and an `upcast_vN_vN+1` step for the old one.

    `patch=True` says that only the fields given were changed: the others are neither stored nor applied.
    A class with an empty topic is only a base of others.
    """

    TOPIC: ClassVar[str]
    VERSION: ClassVar[int]
    PATCH: ClassVar[bool]
    TOPICS: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, *, topic: str, version: int = 1, patch: bool = False, **config: Any) -> None:
        super().__init_subclass__(**config)
        cls.TOPIC, cls.VERSION, cls.PATCH = topic, version, patch
        if not topic:
            return
        if topic in Event.TOPICS and Event.TOPICS[topic].__module__ != cls.__module__:
            raise TypeError(f"The topic {topic} belongs to {Event.TOPICS[topic]}.")
        Event.TOPICS[topic] = cls

    def payload(self) -> dict[str, Any]:
        """What is stored, ready for JSON."""
        return self.model_dump(mode="json", exclude_unset=self.PATCH)

    def changes(self, before: Any) -> dict[str, Any]:
        """What it sets in its aggregate: by default, the fields it names.

        Args:
            before: the aggregate before the event, or None when the event is its first.
        """
        names = self.model_fields_set if self.PATCH else type(self).model_fields
        return {name: getattr(self, name) for name in names}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        """What it takes, gives back or relies on, settled in the transaction that stores it (see claims.py).

        Args:
            before: the aggregate before the event, or None when the event is its first.
            id: the aggregate's id.
        """
        return ()

    def takes_along(self, before: Any, id: str) -> Iterable[str]:
        """Keys of claims whose holders are deleted with it, in the same unit and before it."""
        return ()

    def check(self, before: Any, id: str, peers: "Peers") -> None:
        """Rules that look at other aggregates. Those it looks at are pinned: the append fails if one has moved on.

        Raises:
            Refused: the rule does not hold.
        """

    @classmethod
    def load(cls, payload: dict[str, Any], version: int) -> Self:
        """The event from a stored payload of that schema version."""
        return cls.model_validate(cls.upcast(payload, version))

    @classmethod
    def upcast(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:
        """A stored payload of that schema version, brought up to date step by step."""
        for step in range(version, cls.VERSION):
            payload = getattr(cls, f"upcast_v{step}_v{step + 1}")(payload)
        return payload


class Deleted(Event, topic=""):
    """The last event of a stream; what comes after is refused as not found (DOMAIN.md 3.5, rule 1)."""

    def changes(self, before: Any) -> dict[str, Any]:
        return {"deleted": True}


class Aggregate(Frozen):
    """What all the events of one stream add up to. It holds only what a command reads.

    A command is a method that decides on this state alone and returns the events that follow from it:
    none when everything is already so, or it raises a Refused.
    """

    CATEGORY: ClassVar[str]
    NOT_FOUND: ClassVar[type[NotFound]]
    PREFIX: ClassVar[str]
    CATEGORIES: ClassVar[dict[str, type["Aggregate"]]] = {}

    id: str
    version: int
    deleted: bool = False

    def __init_subclass__(
        cls, *, category: str = "", prefix: str = "", not_found: type[NotFound] = NotFound, **config: Any
    ) -> None:
        super().__init_subclass__(**config)
        if category:
            cls.CATEGORY, cls.PREFIX, cls.NOT_FOUND = category, prefix, not_found
            Aggregate.CATEGORIES[category] = cls

    @classmethod
    def stream(cls, id: str) -> str:
        """The stream that holds the aggregate with that id."""
        return f"{cls.CATEGORY}-{id}"

    @classmethod
    def begin(cls, id: str, first: Event) -> Self:
        fields = first.changes(None)
        return cls(id=id, version=1, **{name: fields[name] for name in fields if name in cls.model_fields})

    def after(self, event: Event) -> Self:
        """The aggregate once that event has happened too."""
        fields = event.changes(self)
        kept = {name: fields[name] for name in fields if name in type(self).model_fields}
        return self.model_copy(update={**kept, "version": self.version + 1})

    @classmethod
    def fold(cls, id: str, events: Iterable[Event], before: Self | None = None) -> Self | None:
        """The aggregate after those events; None when there are none."""
        for event in events:
            before = cls.begin(id, event) if before is None else before.after(event)
        return before

    def tags(self) -> dict[str, str | None]:
        """The ids that its events are found by: project, task, agent, run, session, workspace."""
        return {}

    def parents(self) -> Iterable[Claim]:
        """The existence of others that every event of it relies on (DOMAIN.md 3.5, rule 4)."""
        return ()

    @classmethod
    @cache
    def commands(cls) -> dict[str, Callable[..., Any]]:
        """Its commands by name, in the order of the life of the thing; `create` is not among them."""
        members = ((name, member) for base in reversed(cls.__mro__) for name, member in vars(base).items())
        return {name: member for name, member in members if getattr(member, "is_command", False)}


class Peers(Protocol):
    """The other aggregates, for rules that span several."""

    def find(self, kind: type[A], id: str) -> A | None:
        """The aggregate as it is now, pinned to its version; None when there is none or it is deleted."""
        ...


class New(Generic[A]):
    """An aggregate about to begin: its kind, its id and its first events."""

    def __init__(self, kind: type[A], id: str, events: Sequence[Event]) -> None:
        self.kind, self.id, self.events = kind, id, list(events)


def command(method: Callable[P, R]) -> Callable[P, R]:
    """A method whose arguments are checked against its annotations before it decides.

    Raises:
        InvalidInput: VALIDATION_ERROR, with one entry for each argument that does not fit.
    """
    checked = validate_call(config=ConfigDict(defer_build=True))(method)

    @wraps(method)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return checked(*args, **kwargs)
        except ValidationError as error:
            raise InvalidInput.from_pydantic(error) from None

    run.is_command = True  # type: ignore[attr-defined]
    return cast(Callable[P, R], run)
