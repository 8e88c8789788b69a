"""What an operation answers, as it says so itself; the schema of the API is made of it (see schema.py).

A shape is a type that pydantic can describe, a mapping of names to shapes, a list of one shape, or several of them in
Both or Either.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, get_type_hints

from workledger.api.web.rows import has_machine
from workledger.domain.kernel.aggregate import Aggregate

if sys.version_info >= (3, 12):
    from typing import TypedDict as TypedDict
else:
    from typing_extensions import TypedDict as TypedDict  # pydantic takes no other before 3.12

P = ParamSpec("P")
R = TypeVar("R")

Shape = Any

READS = (400, 403, 503)
"""With what a read is refused."""

WRITES = (400, 403, 404, 409, 413, 415, 429, 503)
"""With what a command is refused; one that is given to what is there also with 412."""


@dataclass(frozen=True)
class Both:
    """What has all members of several shapes."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Either:
    """What has one of several shapes."""

    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Answers:
    """The answers of an operation.

    Attributes:
        body: its shape; None where there is none in JSON.
        headers: of the answer, by names that schema.py describes.
        refused: the statuses with which it is refused.
        codes: of those refusals, where it is known which they are.
        also: other statuses with a body of that shape.
        media: the type of the body.
    """

    body: Shape
    status: int = 200
    headers: Sequence[str] = ()
    refused: Sequence[int] = READS
    codes: Mapping[int, Sequence[str]] = field(default_factory=dict)
    also: Sequence[int] = ()
    media: str = "application/json"


def answering(answers: Answers) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorates an endpoint with what it answers."""

    def said(endpoint: Callable[P, R]) -> Callable[P, R]:
        vars(endpoint)["answers"] = answers
        return endpoint

    return said


def answers_of(endpoint: Any) -> Answers | None:
    """What an endpoint says that it answers."""
    found: Answers | None = getattr(endpoint, "answers", None)
    return found


def state_shape(kind: type[Aggregate]) -> Shape:
    """What `with_state` adds to a row."""
    return {"state": str | None, "commands": list[str]} if has_machine(kind) else {}


def given_by(function: Callable[..., Any] | None) -> Shape:
    """What a function returns, by its annotation."""
    if function is None:
        return {}
    return get_type_hints(function).get("return", Any)
