"""Requests: a digest of what is asked for under a command id, so that no other request is taken for its repetition."""

import re
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from typing import Any

import orjson
from pydantic import BaseModel

from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.refusals import InvalidInput

LONGEST = 500
"""Characters of a command id, or of a digest that is given."""

STEP = 12
"""Hex digits of the digest of a step."""

NEW_ID = re.compile(rb"\w+")
"""What an id that was made up may be; one that was given may have other characters, and is the same in a repeat."""

STEPS = 20
"""Steps that have a digest each; those after them share one."""


def digest(*asked: Any) -> str:
    """The digest of values that JSON can hold, models among them; any other value counts by its type alone."""
    return _hash(_text(asked))


class Request:
    """What a unit of work is asked to do under its command id: a digest that is given, or one for each of its steps.

    What a block of Python does once it has read an aggregate follows from what it read, and is another thing when the
    block is repeated. So it ends the steps that count, and nothing inside a decision counts.

    Args:
        digest: given by the caller, in place of the steps.

    Raises:
        InvalidInput: the command id or the digest is empty, too long, or not text that every database can hold.
    """

    def __init__(self, command_id: str | None = None, digest: str | None = None) -> None:
        for name, text in (("command_id", command_id), ("digest", digest)):
            if text is not None:
                _check(name, text)
        self.command_id, self._given = command_id, digest
        self._ended = command_id is None or digest is not None
        self._steps: list[str] = []
        self._more = ""
        self._made: dict[bytes, bytes] = {}

    @property
    def digest(self) -> str | None:
        """What is recorded with the command id."""
        return self._given if self.command_id is None or self._given is not None else "".join(self._steps) + self._more

    def add(self, *asked: Any) -> None:
        """A step, such as a command with its arguments."""
        if self._ended:
            return
        text = NEW_ID.sub(lambda found: self._made.get(found[0], found[0]), _text(asked))
        if len(self._steps) < STEPS:
            self._steps.append(_hash(text))
        else:
            self._more = _hash(self._more.encode() + text)

    def made(self, id: str) -> None:
        """An aggregate was created with that id, which a repeat may make anew: later steps name it by its place."""
        if not self._ended:
            self._made[id.encode()] = b"<%d>" % len(self._made)

    def end(self) -> None:
        """The steps from now on follow from what was read."""
        self._ended = True

    def repeats(self, recorded: str | None, *, whole: bool = True) -> bool:
        """Whether it is what was recorded with the command id.

        Args:
            recorded: None when an earlier release recorded no digest.
            whole: False when a refusal ended the block early, so that the last steps are missing.
        """
        if recorded is None:
            return True
        return (
            recorded == self.digest if whole or self._given is not None else recorded.startswith("".join(self._steps))
        )


def _check(name: str, text: str) -> None:
    if not 0 < len(text) <= LONGEST:
        raise InvalidInput(summary=f"{name}: it has {len(text)} characters, not 1 to {LONGEST}")
    if not storable(text):
        raise InvalidInput(summary=f"{name}: it has a NUL or a lone surrogate")


def _text(asked: Any) -> bytes:
    try:
        return orjson.dumps(asked, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # numbers and texts that JSON has no place for
        return repr([type(one).__name__ for one in asked]).encode()


def _hash(text: bytes) -> str:
    return sha256(text).hexdigest()[:STEP]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return type(value).__name__
