"""Refusals: how the ledger says no. The docstring of each class is its message, `code` never changes.

The codes are those of DOMAIN.md 5.2. What HTTP makes of them stands in api/problems.py.
"""

from typing import Any, ClassVar, Self

from pydantic import ValidationError


class Refused(Exception):
    """The ledger refused."""

    code: ClassVar[str] = "REFUSED"

    def __init__(self, **details: Any) -> None:
        super().__init__()
        self.details = details

    def __str__(self) -> str:
        sentence = " ".join((self.__doc__ or "").split())
        try:
            return sentence.format(**self.details)
        except (KeyError, IndexError):
            return sentence


class NotFound(Refused):
    """There is no such thing."""

    code = "NOT_FOUND"


class InvalidInput(Refused):
    """The input does not fit: {summary}"""

    code = "VALIDATION_ERROR"

    @classmethod
    def from_pydantic(cls, error: ValidationError) -> Self:
        """One entry {loc, msg} for each thing that does not fit; values are left out, they may be secret."""
        errors = [
            {"loc": [part for part in one["loc"] if isinstance(part, str | int)], "msg": one["msg"]}
            for one in error.errors(include_url=False, include_input=False, include_context=False)
        ]
        summary = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in errors)
        return cls(summary=summary, errors=errors)


class NameTaken(Refused):
    """That name is taken."""

    code = "NAME_TAKEN"


class ConcurrencyConflict(Refused):
    """{stream} is at version {actual}, not at {expected}."""

    code = "CONCURRENCY_CONFLICT"


class CommandIdReused(Refused):
    """This command id was given with another command before; take a new one."""

    code = "IDEMPOTENCY_KEY_REUSED"


class PayloadTooLarge(Refused):
    """The event {topic} has {size} bytes; {limit} is the most."""

    code = "PAYLOAD_TOO_LARGE"


class UnknownTopic(Refused):
    """No event of the topic {topic} is known here; a newer release may have written it."""

    code = "UNKNOWN_TOPIC"
