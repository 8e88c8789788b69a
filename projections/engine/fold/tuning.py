"""Tuning of the interpreter for a rebuild: garbage collection and thread switching."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SWITCH_SECONDS = 0.0005
"""How long a thread may hold the GIL while another one waits for it; Python's default is 0.005."""


@contextmanager
def tuned_gc() -> Iterator[None]:
    """A block in which the garbage collector runs seldom, and threads take turns often.

    A batch allocates many acyclic objects, so a GC pass costs as much as folding it: raise the thresholds. Shorten the
    GIL switch interval too, so that threads woken by the database need not wait for the folding thread.
    """
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(100_000, 50, 100)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
