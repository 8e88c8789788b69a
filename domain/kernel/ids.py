"""Ids: opaque strings of at most 64 characters; new ones are a prefix and a UUIDv7, so that they sort by time."""

import os
import threading
import time
from datetime import UTC, datetime
from typing import Annotated

from pydantic import StringConstraints

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\s/?#%\x00-\x1f]+$")]

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
