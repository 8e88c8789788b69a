"""Events: the payload that is stored, its claims, its cascades and its checks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TypeVar

from pydantic import BaseModel, ConfigDict

from workledger.domain.kernel.claims import Claim, Release, Take, existence

if TYPE_CHECKING:
    from workledger.domain.kernel.aggregate import Aggregate

A = TypeVar("A", bound="Aggregate")


class Frozen(BaseModel):
    """A value: its fields never change, and it has no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Frozen):
    """Something that happened: the payload alone, stored under its topic for ever.

    Topics, field names and versions are the storage format. A new field that has a default needs nothing else. A field
    that is removed, renamed or narrowed needs a new `version`, and an `upcast_vN_vN+1` class method that makes a
    payload of version N one of version N+1.

    `patch=True` says that only the fields given were changed: the others are neither stored nor applied.
    A class with an empty topic is only a base of others.
    """

    TOPIC: ClassVar[str]
    CATEGORY: ClassVar[str]
    """Of the streams it is recorded in: the first part of its topic."""
    VERSION: ClassVar[int]
    PATCH: ClassVar[bool]
    TOPICS: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, *, topic: str, version: int = 1, patch: bool = False, **config: Any) -> None:
        super().__init_subclass__(**config)
        cls.TOPIC, cls.VERSION, cls.PATCH = topic, version, patch
        cls.CATEGORY = topic.partition(".")[0]
        if not topic:
            return
        if topic in Event.TOPICS and Event.TOPICS[topic].__module__ != cls.__module__:
            raise TypeError(f"The topic {topic} belongs to {Event.TOPICS[topic]}.")
        Event.TOPICS[topic] = cls

    def payload(self) -> dict[str, Any]:
        """What is stored, ready for JSON."""
        return self.model_dump(mode="json", exclude_unset=self.PATCH)

    def changes(self, before: Any) -> dict[str, Any]:
        """The fields of the aggregate that it sets, with their values: by default, its own fields.

        Args:
            before: the aggregate before the event, or None when the event is its first.
        """
        names = self.model_fields_set if self.PATCH else type(self).model_fields
        return {name: getattr(self, name) for name in names}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        """The claims that it takes, releases or requires, settled in the transaction that stores it (see claims.py).

        Args:
            before: the aggregate before the event, or None when the event is its first.
            id: the aggregate's id.
        """
        return ()

    def settle(self, before: Any, id: str, peers: "Peers") -> Self:
        """The event as it is recorded: with the fields that follow from other aggregates, where none were given, such
        as the initiative of a task's phase. Those it reads are pinned."""
        return self

    def cascades_to(self, before: Any, id: str) -> Iterable[str]:
        """Keys of claims whose holders are deleted with it, in the same append and before it."""
        return ()

    def check(self, before: Any, id: str, peers: "Peers") -> None:
        """Rules that look at other aggregates. Those it reads are pinned: the append conflicts if one has changed.

        Raises:
            Refused: the rule does not hold.
        """

    def guard(self, before: Any, id: str, peers: "Peers") -> None:
        """As `check`, for rules that bind commands only: facts that are imported need not keep them.

        Raises:
            Refused: the rule does not hold.
        """

    @classmethod
    def load(cls, payload: dict[str, Any], version: int) -> Self:
        """The event from a stored payload of that schema version."""
        return cls.model_validate(cls.upcast(payload, version))

    @classmethod
    def upcast(cls, payload: dict[str, Any], version: int) -> dict[str, Any]:
        """A stored payload of that schema version, brought up to date step by step.

        A version without a step only added fields that have defaults.
        """
        for number in range(version, cls.VERSION):
            if step := getattr(cls, f"upcast_v{number}_v{number + 1}", None):
                payload = step(payload)
        return payload


class Created(Event, topic=""):
    """The first event of a stream whose aggregate others may refer to: it takes the claim that the aggregate exists."""

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(existence(self.CATEGORY, id))


class Deleted(Event, topic=""):
    """The last event of a stream; later commands are refused as not found. It releases the claim of `Created`."""

    def changes(self, before: Any) -> dict[str, Any]:
        return {"deleted": True}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Release(existence(self.CATEGORY, id))


class Peers(Protocol):
    """The other aggregates, for rules that span several."""

    def find(self, kind: type[A], id: str) -> A | None:
        """The current aggregate, pinned to its version; None when there is none or it is deleted."""
        ...
