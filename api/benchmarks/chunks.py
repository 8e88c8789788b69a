"""Log chunks: the table that holds what agents wrote, rebuilt beside a plain COPY of the same rows."""

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import orjson

from workledger.api.benchmarks import workload
from workledger.api.benchmarks.figures import OURS, PLAIN, Figures, Rounds
from workledger.api.benchmarks.filling import fill
from workledger.api.benchmarks.processes import apart
from workledger.api.benchmarks.setting import SEED, Place, Setting, connected
from workledger.domain.agent_log import AgentLogChunkAppended
from workledger.domain.kernel.envelope import Row

CASE = "rebuild of agent logs"
MOST = 100_000
SESSION = 500
"""Chunks of one session."""

AT = "2026-01-05T08:00:00.000Z"
PLAIN_TABLE = """
drop table if exists plain_chunks;
create table plain_chunks (
  agent_id text collate "C", session_number bigint, seq bigint, agent_name text collate "C", content text collate "C",
  bytes bigint, created_at timestamptz, primary key (agent_id, session_number, seq)
)
"""


Rebuilt = Callable[[Place, str, Setting, str], tuple[float, float]]
"""Rebuilds a group there; seconds, and peak memory."""


def measure(setting: Setting, figures: Figures, rebuilt: Rebuilt) -> None:
    """Chunks of 2 KB a second into the agents' logs, from a log that holds nothing else."""
    texts, count, rounds = workload.chunks(SEED), min(setting.events, MOST), Rounds()
    with setting.place() as place:
        fill(place, _events(texts, count))
        for turn in range(setting.rounds):
            seconds, _ = rebuilt(place, "agent_logs", setting, f"agent logs {turn + 1}")
            rounds.add(CASE, OURS, count / seconds)
            plain = _copied if place.postgres else _inserted
            rounds.add(CASE, PLAIN, count / apart(plain, place, texts, count))
    rounds.into(figures)


def _chunks(texts: list[str], count: int) -> Iterator[tuple[str, int, str]]:
    """Agent, number in the session, and content."""
    for number in range(count):
        yield f"agt_{number // SESSION:024x}", number % SESSION + 1, texts[number % len(texts)]


def _events(texts: list[str], count: int) -> Iterator[Row]:
    topic = AgentLogChunkAppended.TOPIC
    for position, (agent, seq, content) in enumerate(_chunks(texts, count), 1):
        said = {"agent_id": agent, "agent_name": "ann", "session_number": 1, "content": content}
        tags, event_id, data = f'{{"agent":"{agent}"}}', f"{position:032x}", orjson.dumps(said).decode()
        stream = f"agent_log-{agent}:1"
        yield Row(position, stream, seq, topic, 1, AT, f"agent:{agent}", event_id, None, None, None, tags, data)


def _rows(texts: list[str], count: int) -> list[tuple[Any, ...]]:
    return [(agent, 1, seq, "ann", content, len(content.encode()), AT) for agent, seq, content in _chunks(texts, count)]


def _inserted(place: Place, texts: list[str], count: int) -> float:
    """Seconds of an INSERT of the rows that the rebuild makes, in one transaction, into a table of the same key."""
    rows = _rows(texts, count)
    with (
        tempfile.TemporaryDirectory(dir=place.folder) as folder,
        closing(sqlite3.connect(f"{folder}/plain.db")) as file,
    ):
        file.execute("pragma journal_mode = wal")
        file.execute("create table plain_chunks (a, n, seq, name, content, bytes, at, primary key (a, n, seq))")
        started = time.perf_counter()
        with file:
            file.executemany("insert into plain_chunks values (?, ?, ?, ?, ?, ?, ?)", rows)
        return time.perf_counter() - started


def _copied(place: Place, texts: list[str], count: int) -> float:
    """Seconds of a COPY of the rows that the rebuild makes, into a table of the same kind."""
    rows = _rows(texts, count)
    with connected(place.url) as connection:
        connection.execute(PLAIN_TABLE)
        started = time.perf_counter()
        with connection.cursor().copy("copy plain_chunks from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        return time.perf_counter() - started
