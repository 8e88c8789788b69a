"""Our side of lag: an app that records, and the process that keeps the read tables up."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workledger.adapters import bootstrap
from workledger.adapters.bootstrap import Workledger
from workledger.api.benchmarks.processes import Line
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.store import Receipt, Stored
from workledger.projections.engine.follow.projector_loop import ProjectorLoop

PATIENCE = 60.0
"""Seconds in which the tables must have come up with the log."""


@contextmanager
def projecting(ledger: Workledger) -> Iterator[Callable[[int], list[tuple[int, float]]]]:
    """The loop that keeps the read tables up; what is given says when positions were in them, up to one."""
    seen: list[tuple[int, float]] = []
    loop = ProjectorLoop(ledger.projector, on_advance=lambda position: seen.append((position, time.monotonic())))

    def upto(position: int) -> list[tuple[int, float]]:
        give_up = time.monotonic() + PATIENCE
        while (not seen or seen[-1][0] < position) and time.monotonic() < give_up:
            time.sleep(0.01)
        return list(seen)

    loop.hear(ledger.listen)
    loop.start()
    while not loop.held and loop.alive:
        time.sleep(0.01)
    yield upto
    loop.stop()


def follow(line: Line, url: str) -> None:
    """Keep the read tables up until told the last position; then tell when each was in them."""
    with bootstrap.open(url) as ledger:
        with projecting(ledger) as upto:
            line.say("following")
            seen = upto(line.hear())
        line.say(seen)


class Recording(Workledger):
    """A ledger that records events as they come, and decides nothing."""

    def append(self, row: Row) -> tuple[int, float]:
        positions = self.store.insert_events([_stored(row)]) or [0]
        returned = time.monotonic()
        self._recorded(Receipt(positions[-1], positions))
        return positions[-1], returned


def writing(url: str) -> Callable[[Row], tuple[int, float]]:
    return Recording(url).append


def _stored(row: Row) -> Stored:
    return Stored(
        originator_id=row.stream_id,
        originator_version=row.version,
        topic=row.topic,
        state=row.data.encode(),
        schema_version=row.schema_version,
        at=row.at,
        actor=row.actor,
        event_id=row.event_id,
        tags=row.tags,
    )
