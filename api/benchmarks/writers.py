"""Writers: processes that append at one signal, each contestant in its turn, over connections that stay open."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import Any

from workledger.api.benchmarks.processes import Line, Part
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.ids import uuid7
from workledger.domain.kernel.store import Stored

SECONDS = 2.0
"""How long a round may last."""

LEAD = 0.05
"""Seconds between the signal and the start, in which every process hears of it."""


class Contestant(ABC):
    """A way to append, opened once in each process that it appends in."""

    @abstractmethod
    def made(self, batch: Sequence[Stored]) -> Any:
        """What is handed to `append`; this is done before the clock starts."""

    @abstractmethod
    def append(self, made: Any) -> None:
        """Store one batch, whole and for good."""


Open = Callable[[int], Contestant]
"""Opens a contestant in the process of that number."""


class Writers:
    """Processes that append in the ways of the contestants; they end with `close`.

    Args:
        story: how the events are told that they write, each process in streams of its own.
    """

    def __init__(self, number: int, contestants: Mapping[str, Open], story: Callable[[], list[Row]]) -> None:
        self._parts = [Part(_write, at, dict(contestants), story) for at in range(number)]
        for part in self._parts:
            part.hear()
        self._round = count()

    def rate(self, who: str, writers: int, batch: int, most: int) -> float:
        """Events a second while so many processes append batches of that size, `most` events at most.

        Raises:
            MeasuringFailed: one of them failed.
        """
        parts = self._parts[:writers]
        tag = next(self._round)
        for part in parts:
            part.say((who, tag, batch, max(most // writers // batch, 1)))
        for part in parts:
            part.hear()
        begin = time.monotonic() + LEAD
        for part in parts:
            part.say(begin)
        ends = [part.hear() for part in parts]
        return float(sum(done for done, _ in ends) * batch / (max(at for _, at in ends) - begin))

    def close(self) -> None:
        for part in self._parts:
            part.end()


def _write(line: Line, number: int, contestants: Mapping[str, Open], told: Callable[[], list[Row]]) -> None:
    story = told()
    opened: dict[str, Contestant] = {}
    line.say("begun")
    while True:
        who, tag, size, batches = line.hear()
        contestant = opened[who] = opened.get(who) or contestants[who](number)
        made = [contestant.made(batch) for batch in islice(_batches(story, f"{number}.{tag}", size), batches)]
        line.say("ready")
        begin = line.hear()
        time.sleep(max(begin - time.monotonic(), 0))
        done = 0
        for one in made:
            contestant.append(one)
            done += 1
            if time.monotonic() - begin > SECONDS:
                break
        line.say((done, time.monotonic()))


def _batches(story: Sequence[Row], tag: str, size: int) -> Iterator[list[Stored]]:
    """The story over and over in batches, each time in streams of its own, each batch with a command id."""
    told = (_stored(row, f"{tag}.{again}") for again in count() for row in story)
    while True:
        command_id = uuid7()
        yield [Stored(**{**one, "command_id": command_id}) for one in islice(told, size)]


def _stored(row: Row, tag: str) -> dict[str, Any]:
    return {
        "originator_id": f"{row.stream_id}.{tag}",
        "originator_version": row.version,
        "topic": row.topic,
        "state": row.data.encode(),
        "schema_version": row.schema_version,
        "at": row.at,
        "actor": row.actor,
        "event_id": uuid7(),
        "tags": row.tags,
    }
