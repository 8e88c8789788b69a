"""Refusals: the errors of the domain. The docstring of each class is its message, `code` never changes.

The base class gives the HTTP status of the answer: an app's own NotFound is a 404 as well.
"""

from typing import Any, ClassVar, Self

from pydantic import ValidationError


class Refused(Exception):
    """The ledger refused."""

    code: ClassVar[str] = "REFUSED"
    """Stable: clients act on it."""
    status: ClassVar[int] = 409
    """The HTTP status of the answer."""

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details = details

    def __str__(self) -> str:
        sentence = " ".join((self.__doc__ or "").split())
        try:
            return sentence.format_map(_Details(self.details))
        except (ValueError, IndexError, AttributeError):  # braces that name nothing
            return sentence


class _Details(dict[str, Any]):
    """Details by name; one that was not given is named in words."""

    def __missing__(self, name: str) -> str:
        return f"the {name.replace('_', ' ')}"


class NotFound(Refused):
    """It does not exist."""

    code = "NOT_FOUND"
    status = 404


class InvalidTransition(Refused):
    """A {kind} that is {state} does not accept {command}."""

    code = "INVALID_TRANSITION"

    def __init__(self, *, kind: str = "", state: str = "", command: str = "", **details: Any) -> None:
        super().__init__(kind=kind, state=state, command=command, **details)


class Forbidden(Refused):
    """This is not allowed."""

    code = "FORBIDDEN"
    status = 403


class LimitReached(Refused):
    """The limit has been reached."""

    code = "LIMIT_REACHED"
    status = 429


class Unavailable(Refused):
    """This is temporarily unavailable; try again."""

    code = "UNAVAILABLE"
    status = 503


class InvalidInput(Refused):
    """The input is invalid: {summary}"""

    code = "VALIDATION_ERROR"
    status = 400

    @classmethod
    def from_pydantic(cls, error: ValidationError) -> Self:
        """One entry {loc, msg} for each invalid value; the values are left out, as they may be secret."""
        errors = [
            {"loc": [part for part in one["loc"] if isinstance(part, str | int)], "msg": one["msg"]}
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        summary = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors)
        return cls(summary=summary, errors=errors)


class NameTaken(Refused):
    """This name is taken."""

    code = "NAME_TAKEN"


class ConcurrencyConflict(Refused):
    """{stream} is at version {actual}, not at {expected}."""

    code = "CONCURRENCY_CONFLICT"


class CommandIdReused(Refused):
    """This command id was used for another request; use a new one."""

    code = "IDEMPOTENCY_KEY_REUSED"


class EventsErased(Refused):
    """What this command recorded at position {position} has been erased since."""

    code = "EVENTS_ERASED"
    status = 410


class PayloadTooLarge(Refused):
    """The event {topic} has {size} bytes; the limit is {limit}."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class EventUnreadable(Refused):
    """The event {topic} at position {position} cannot be read; it was damaged, or an upcaster fails on it."""

    code = "EVENT_UNREADABLE"
    status = 500


class UnknownTopic(Refused):
    """The topic {topic} is unknown to this release; a newer release may have written the event."""

    code = "UNKNOWN_TOPIC"
    status = 500
