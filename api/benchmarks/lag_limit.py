"""The limit of lag: a process that asks a plain table without a pause, and writes one row for what it finds."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from workledger.api.benchmarks.processes import Line


def follow(line: Line, find: Callable[[int], Sequence[Any]], see: Callable[[int], object]) -> None:
    """As the projecting process of lag.py.

    Args:
        find: the events after a position; each begins with its own.
        see: writes down how far it is.
    """
    seen = []
    line.say("following")
    at, last = 0, None
    while last is None or at < last:
        found = find(at)
        if found:
            at = found[-1][0]
            see(at)
            seen.append((at, time.monotonic()))
        elif last is None and line.waiting():
            last = line.hear()
    line.say(seen)
