"""Ids: opaque strings that people can read, type and link to; new ones are a prefix and a UUIDv7, so that they sort by
time."""

import os
import re
import threading
import time
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

LONGEST = 200
"""Characters of an id."""

HIDDEN = r"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
"""Control characters, line separators and bidi controls, as a class of a regular expression."""

PATTERN = rf"^(?!\.\.?$)(?!\s)[^{HIDDEN}]*[^\s{HIDDEN}]$"
"""What `readable` takes, for clients."""

_HIDDEN = re.compile(f"[{HIDDEN}]")


def readable(id: str) -> str:
    """An id that was given, when a URL can name it and nothing in it is invisible.

    Raises:
        PydanticCustomError: it is `.` or `..`, begins or ends with a blank, or has a control character.
    """
    if id in (".", ".."):
        raise PydanticCustomError("id", "an id is neither . nor .., which URLs cannot name")
    if id != id.strip():
        raise PydanticCustomError("id", "an id neither begins nor ends with a blank")
    if _HIDDEN.search(id):
        raise PydanticCustomError("id", "an id has no control characters, neither of terminals nor of text direction")
    return id


Id = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST, json_schema_extra={"pattern": PATTERN}),
    AfterValidator(readable),
]
"""An id that is given to a command. What was recorded before, or imported, may have others."""

_lock = threading.Lock()
_last = 0


def uuid7() -> str:
    """A UUIDv7 as 32 hex digits: milliseconds, then a counter that never runs backwards in this process."""
    global _last
    now = time.time_ns() // 1_000_000 << 12
    with _lock:
        _last = now if now > _last else _last + 1
        ticks = _last
    random = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    value = (ticks >> 12) << 80 | 7 << 76 | (ticks & 0xFFF) << 64 | 2 << 62 | random
    return f"{value:032x}"


def made_at(id: str) -> datetime | None:
    """The time at which a UUIDv7 was made; None when it is another kind of id."""
    if len(id) != 32 or id[12] != "7":
        return None
    try:
        return datetime.fromtimestamp(int(id[:12], 16) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def new_id(prefix: str) -> str:
    """Such as `tsk_0193…`."""
    return f"{prefix}_{uuid7()}"
