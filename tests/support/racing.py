"""Callers that begin together, and what came of each."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from workledger import Refused


def at_once(count: int, work: Callable[[int], object]) -> Counter[str]:
    """How often each outcome came of it: `done`, or the code of a refusal."""
    ready = threading.Barrier(count)

    def run(number: int) -> str:
        ready.wait()
        try:
            work(number)
        except Refused as refused:
            return refused.code
        return "done"

    with ThreadPoolExecutor(count) as threads:
        return Counter(threads.map(run, range(count)))
