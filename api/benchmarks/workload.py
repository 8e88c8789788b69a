"""The workload: events as teams of agents write them (domain.md 7.2), log chunks left out, kept on disk once made."""

import gzip
import hashlib
import heapq
import os
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from workledger import adapters, domain
from workledger.adapters.importing import Progress, silent
from workledger.adapters.simulation import workload as simulated
from workledger.adapters.simulation.past import Happening
from workledger.api.benchmarks.processes import Line, Part
from workledger.domain.agent_log import AgentLogChunkAppended
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.mapping import encode, format_timestamp

FOLDER = "WORKLEDGER_BENCH_CACHE"
"""The environment variable that says where workloads are kept; else the system's folder for such things."""

LARGEST = 1_000_000
"""Events that are simulated; more are copies of these, with other ids."""

PARTS = 2
"""Simulations side by side, each with a seed of its own."""

STEP = 10_000
ID = re.compile(r"(?<=_)[0-9a-f]{2}(?=[0-9a-f]{22}\b)")


def rows(seed: int, n: int, progress: Progress = silent) -> Iterator[Row]:
    """The first `n` events of the workload, at positions 1 and up, each in its place in its stream."""
    position = 0
    for copy in range(-(-n // LARGEST)):
        for fields in islice(_told(_kept(seed, min(n, LARGEST), progress), copy), n - position):
            position += 1
            if position % STEP == 0:
                progress(position, n, "events")
            yield Row(position, *fields)


@cache
def chunks(seed: int) -> list[str]:
    """What agents write to their logs, cut into pieces of 2 KB."""
    said = (one.event for one in simulated.events(seed, 5_000))
    text = "".join(event.content for event in said if isinstance(event, AgentLogChunkAppended))
    return [text[at : at + 2_048] for at in range(0, len(text) - 2_048, 2_048)]


def _told(paths: list[Path], copy: int) -> Iterator[tuple[Any, ...]]:
    """The events of all parts in the order of their times; a copy has ids of its own."""
    other = {f"{one:02x}": f"{one ^ copy:02x}" for one in range(256)}
    for _, line in heapq.merge(*map(_lines, paths), key=lambda timed: timed[0]):
        said = ID.sub(lambda found: other[found[0]], line) if copy else line
        stream, version, topic, schema, at, actor, event_id, tags, data = orjson.loads(said)
        yield stream, version, topic, schema, at, actor, f"{copy:02x}{event_id}", None, None, None, tags, data


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as kept:
        for line in kept:
            at, _, rest = line.partition("\t")
            yield at, rest


def _kept(seed: int, n: int, progress: Progress) -> list[Path]:
    """The files that hold so many events; they are written first when they are not there."""
    folder = Path(os.environ.get(FOLDER) or tempfile.gettempdir())
    paths = [folder / f"workledger-bench-{seed}-{part}-{n}-{_release()}.gz" for part in range(PARTS)]
    counts = [n // PARTS + (part < n % PARTS) for part in range(PARTS)]
    missing = [(number, path) for number, path in enumerate(paths) if not path.exists()]
    parts = [Part(_write, path, f"{seed}.{number}", counts[number]) for number, path in missing]
    try:
        done: Counter[int] = Counter()
        left = set(range(len(parts)))
        while left:
            for number in list(left):
                done[number] = parts[number].hear()
                if done[number] < 0:
                    left.remove(number)
            progress(sum(done[number] for number in left) if left else n, n, "simulated events")
    finally:
        for part in parts:
            part.end()
    return paths


def _write(line: Line, path: Path, seed: str, n: int) -> None:
    unfinished = path.with_suffix(f".{os.getpid()}")
    with gzip.open(unfinished, "wt", compresslevel=1, encoding="utf-8") as kept:
        for count, said in enumerate(islice(_simulated(seed), n), 1):
            kept.write(said)
            if count % STEP == 0:
                line.say(count)
    for outdated in path.parent.glob(f"{path.name.rpartition('-')[0]}-*.gz"):
        outdated.unlink(missing_ok=True)
    unfinished.replace(path)
    line.say(-1)


def _simulated(seed: str) -> Iterator[str]:
    versions: Counter[str] = Counter()
    chance = random.Random(seed)  # noqa: S311, nothing secret is made of it
    for one in simulated.events(seed):
        if not isinstance(one.event, AgentLogChunkAppended):
            stream = one.kind.stream(one.id)
            versions[stream] += 1
            yield _line(one, stream, versions[stream], f"{chance.getrandbits(120):030x}")


def _line(one: Happening, stream: str, version: int, event_id: str) -> str:
    at, tags = format_timestamp(one.at), orjson.dumps(one.tags, option=orjson.OPT_SORT_KEYS).decode()
    data = encode(one.event).decode()
    envelope = (stream, version, one.event.TOPIC, one.event.VERSION, at, one.actor, event_id, tags, data)
    return f"{at}\t{orjson.dumps(envelope).decode()}\n"


def _release() -> str:
    """Another one when the simulation or the events have changed."""
    simulation, events = Path(adapters.__file__).parent / "simulation", Path(domain.__file__).parent
    made = hashlib.sha256()
    for path in sorted([*simulation.rglob("*.py"), *events.rglob("*.py")]):
        made.update(path.read_bytes())
    return made.hexdigest()[:12]
