"""Snapshots: the state of an aggregate at a version, so that its earlier events need not be folded again."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar, Self

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.code_digest import digest

UPCASTER = re.compile(r"upcast_v\d+_v\d+")


class Snapshot:
    """A state and the fingerprint of the class that it was taken of; see `fingerprint`."""

    TOPIC: ClassVar[str] = "snapshot"

    def __init__(self, originator_id: str, originator_version: int, fields: str, state: dict[str, Any]) -> None:
        self.originator_id, self.originator_version = originator_id, originator_version
        self.fields, self.state = fields, state

    @classmethod
    def take(cls, aggregate: Aggregate) -> Self:
        return cls(
            aggregate.stream(aggregate.id),
            aggregate.version,
            fingerprint(type(aggregate)),
            aggregate.model_dump(mode="json"),
        )

    @classmethod
    def unreadable(cls, originator_id: str, originator_version: int) -> Self:
        """One that was damaged: it has the fingerprint of no class."""
        return cls(originator_id, originator_version, "", {})


@cache
def fingerprint(kind: type[Aggregate]) -> str:
    """Changes with whatever a state follows from: the fields of an aggregate and of its events, nested ones too, and
    the code that folds the one into the other. A snapshot with another fingerprint is not used."""
    events = [event for topic, event in sorted(Event.TOPICS.items()) if event.CATEGORY == kind.CATEGORY]
    parts = [_shape(kind), *(f"{event.TOPIC} {event.VERSION} {_shape(event)}" for event in events)]
    parts += [digest(function, source=False) for one in (kind, *events) for function in _folding(one)]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _folding(one: type[BaseModel]) -> Iterator[Callable[..., Any]]:
    """The functions of a class that take part in folding, whichever class defines them."""
    names = ("begin", "after") if issubclass(one, Aggregate) else ("changes", "load", "upcast")
    for name in (*names, *filter(UPCASTER.fullmatch, dir(one))):
        function = getattr(one, name)
        yield getattr(function, "__func__", function)


def _shape(kind: type[BaseModel]) -> str:
    try:
        return repr(kind.model_json_schema())
    except PydanticUserError:  # a type that has no JSON schema
        return ",".join(f"{name}:{field.annotation}" for name, field in kind.model_fields.items())
