"""Pace: how the interpreter shares its time among the threads of a rebuild."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TURN_SECONDS = 0.0005
"""That a thread may work for while another one waits to go on."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Rows of a batch are many and form no cycles: looking for some among them takes as long as folding them. And the
    thread that folds keeps those waiting that have heard from the database: they get their turn sooner."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(100_000, 50, 100)
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(interval)
