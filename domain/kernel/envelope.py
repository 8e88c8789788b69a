"""The envelope of an event: its stream, version, position, time, actor, ids and tags."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.refusals import InvalidInput

ACTOR_KINDS = ("user", "agent", "app", "service", "automation", "worker", "system", "import")
"""What acts: a person, an agent, an app or a service around the ledger, a policy, a worker process, workledger itself,
an importer."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event in its envelope (domain.md 3.2).

    `position` is its place in the whole log, 1 and up; 0 until it is stored. `version` is its place in its stream,
    1 and up; 0 asks the store for the next. `at` is when it happened; when it was recorded is in `event_id` (UUIDv7).
    """

    stream_id: str
    version: int
    event: Event
    at: datetime
    event_id: str
    actor: str
    correlation_id: str | None = None
    causation_id: str | None = None
    command_id: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    position: int = 0

    @property
    def originator_id(self) -> str:
        return self.stream_id

    @property
    def originator_version(self) -> int:
        return self.version


class Row(NamedTuple):
    """A stored event as it is in the database, with nothing parsed.

    `at` is RFC 3339 text in UTC with milliseconds; `tags` and `data` are JSON text.
    """

    position: int
    stream_id: str
    version: int
    topic: str
    schema_version: int
    at: str
    actor: str
    event_id: str
    correlation_id: str | None
    causation_id: str | None
    command_id: str | None
    tags: str
    data: str


@dataclass(frozen=True, slots=True)
class Context:
    """The actor, correlation id and causation id that events are recorded with."""

    actor: str = "system"
    correlation_id: str | None = None
    causation_id: str | None = None


_context: ContextVar[Context] = ContextVar("workledger_context", default=Context())


def current() -> Context:
    """The context of this thread or task."""
    return _context.get()


@contextmanager
def acting_as(
    actor: str | None = None, *, correlation_id: str | None = None, causation_id: str | None = None
) -> Iterator[None]:
    """Everything recorded inside carries this actor and these ids; those that are not given do not change.

    Args:
        actor: a kind of ACTOR_KINDS, and usually an id: `user:ann`, `agent:agt_1`, `service:billing`, `import`.

    Raises:
        InvalidInput: the actor's kind is none of ACTOR_KINDS, or a text is none that every database can hold.
    """
    if actor is not None and actor.partition(":")[0] not in ACTOR_KINDS:
        raise InvalidInput(summary=f"an actor is one of {', '.join(ACTOR_KINDS)}, such as user:ann, not {actor!r}")
    if not all(storable(one) for one in (actor, correlation_id, causation_id) if one):
        raise InvalidInput(summary="an actor or id has a NUL or a lone surrogate")
    given = {"actor": actor, "correlation_id": correlation_id, "causation_id": causation_id}
    with within(replace(_context.get(), **{name: value for name, value in given.items() if value})):
        yield


@contextmanager
def within(context: Context) -> Iterator[None]:
    """Everything recorded inside has exactly that context."""
    token = _context.set(context)
    try:
        yield
    finally:
        _context.reset(token)
