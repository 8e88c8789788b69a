"""What agents wrote: chunks of their logs, in the order in which they were inserted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import orjson

from workledger.adapters.codewalkers.database import Database
from workledger.adapters.codewalkers.rows import Row, Rows
from workledger.adapters.importing import Batches, Fact, Report
from workledger.adapters.redaction import Redact, consecutive
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, AgentLogPurged
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.unit import Unit

TABLE = "agent_log_chunks"
ORDER = "{t.agent_log_chunks.agent_id}, {t.agent_log_chunks.session_number}"

APPEND = 2_000_000
"""Characters of chunks in one append, or one chunk more."""


@dataclass(frozen=True, kw_only=True)
class ChunkFact(Fact):
    """A chunk of a log, which is never loaded: its id is the name of the stream."""

    row: Row

    def record(self, unit: Unit) -> bool:
        unit.log(self.id, self.events, tags={"agent": self.row["agent_id"]}, at=self.at)
        return True


class Chunks(Batches):
    """Records chunks; their rows are known by the ids that the events have."""

    def _count(self, fact: Fact) -> None:
        super()._count(fact)
        if isinstance(fact, ChunkFact):
            fact.row.tell(self._report)


def import_chunks(
    ledger: Ledger, database: Database, report: Report, redact: Redact, progress: Callable[[int], None]
) -> None:
    """Record the chunks that are not recorded yet.

    Args:
        redact: takes secrets from what was written, also one that is split over two chunks.
        progress: called with how many rows were read.
    """
    rows, chunks, waiting = Rows(database, TABLE, report, order=ORDER, marked=False), Chunks(ledger, report), 0
    log, clean = "", consecutive(redact)
    for row in _new(ledger, rows, report, progress):
        if _log(row) != log:
            log, clean = _log(row), consecutive(redact)
        names = ("agent_id", "agent_name", "session_number")
        event = AgentLogChunkAppended(
            **{name: row[name] for name in names}, content=str(clean(row["content"])), chunk_id=row.key
        )
        fact = ChunkFact(AgentLog, log, 0, [event], row.created_at, "log chunks", row.place, row=row)
        chunks.add(fact)
        waiting += len(row["content"])
        if waiting > APPEND:
            chunks.flush()
            waiting = 0
    chunks.flush()


def _new(ledger: Ledger, rows: Rows, report: Report, progress: Callable[[int], None]) -> Iterator[Row]:
    """The rows of one log follow each other, so that the ids of one log at a time are remembered."""
    log, known, purged = "", set[str](), False
    for page, read in rows.pages():
        there = ledger.existing({_log(row) for row in page})
        for row in page:
            if _log(row) != log:
                log = _log(row)
                known, purged = _recorded(ledger, log) if log in there else (set(), False)
            if row.key in known or purged:
                report.skip(f"log chunks {'of logs that were purged here' if purged else 'imported before'}")
            else:
                yield row
        progress(read)


def _log(row: Row) -> str:
    return AgentLog.stream(AgentLog.id_of(row["agent_id"], row["session_number"]))


def _recorded(ledger: Ledger, log: str) -> tuple[set[str], bool]:
    """The ids of the chunks that a log has, and whether it was purged."""
    known, purged, after = set[str](), False, 0
    while rows := ledger.store.read_stream(log, after=after, limit=PAGE):
        for row in rows:
            purged = purged or row.topic == AgentLogPurged.TOPIC
            if row.topic == AgentLogChunkAppended.TOPIC and (id := orjson.loads(row.data).get("chunk_id")):
                known.add(id)
        after = rows[-1].version
    return known, purged


PAGE = 500
"""Chunks of a log that are read at once."""
