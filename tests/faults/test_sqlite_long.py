"""Much in SQLite: long streams, large appends and payloads, and a clock that jumps back."""

import time
from datetime import UTC, datetime

import pytest

import workledger
from support.sqlite_writers import Steps, happened
from workledger import Workledger
from workledger.domain.agent_log import AgentLog, AgentLogChunkAppended, append_chunk
from workledger.domain.kernel import ids, unit
from workledger.domain.kernel.mapping import LARGEST
from workledger.domain.kernel.refusals import ConcurrencyConflict, PayloadTooLarge
from workledger.domain.kernel.store import EventStore, Stored
from workledger.domain.task import Task


def test_a_hundred_thousand_events_in_one_stream_are_appended_five_thousand_at_a_time(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """22. It fails when an append looks through its stream for the last version: its steps grow with the stream."""
    steps = Steps(monkeypatch)
    with workledger.open(sqlite_url) as ledger:
        store, costs = ledger.store, []
        for first in range(1, 100_000, 5_000):
            events = [happened("s-1", version, tags='{"project":"p"}') for version in range(first, first + 5_000)]
            assert list(store.insert_events(events)) == list(range(first, first + 5_000))
            costs.append(steps.of(lambda first=first: refused(store, happened("s-1", first))))
        assert max(costs) <= min(costs) + 2, costs
        assert steps.of(lambda: store.read_stream("s-1", after=99_990)) < 10, "what comes before is not looked through"
        assert [row.version for row in store.read_stream("s-1")] == list(range(1, 100_001))


def refused(store: EventStore, event: Stored) -> None:
    with pytest.raises(ConcurrencyConflict):
        store.insert_events([event])


def chunk(ledger: Workledger, size: int) -> None:
    """Append to a log so that the payload has that many bytes."""
    about = {"agent_id": "ann", "agent_name": "Ann", "session_number": 1}
    bare = len(AgentLogChunkAppended(content="", **about).model_dump_json())
    with ledger.unit() as unit:
        append_chunk(unit, content="x" * (size - bare), **about)


def test_a_payload_of_256_kb_is_taken_and_a_larger_one_refused(sqlite_url: str) -> None:
    """22. It fails when the limit of a payload is not looked at, or is another."""
    stream = AgentLog.stream(AgentLog.id_of("ann", 1))
    with workledger.open(sqlite_url) as ledger:
        for _ in range(20):
            chunk(ledger, LARGEST)
        with pytest.raises(PayloadTooLarge) as large:
            chunk(ledger, LARGEST + 1)
        assert large.value.code == "PAYLOAD_TOO_LARGE"
        assert large.value.details["size"] == LARGEST + 1
        assert ledger.store.measure(stream, "agent_log.chunk_appended") == (20, 20, 20 * LARGEST)
        assert {len(row.data) for row in ledger.read()} == {LARGEST}


def test_the_order_of_the_log_does_not_follow_a_clock_that_jumps_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """21. The clock is put back by an hour between two commands. It fails when events are read in the order of their
    times or ids, and when ids that are made later are not greater."""
    now = time.time()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(now, UTC)

    monkeypatch.setattr(unit, "datetime", Clock)
    monkeypatch.setattr(ids.time, "time_ns", lambda: int(now * 1_000_000_000))
    with workledger.open(sqlite_url) as ledger:
        task = ledger.create(Task.create(title="0"))
        for jump in (60, -3600, 1):
            now += jump
            with ledger.edit(Task, task.id) as draft:
                draft.change_details(title=str(jump))
        rows = ledger.store.read_stream(f"task-{task.id}")
        assert [row.position for row in rows] == [row.version for row in rows] == [1, 2, 3, 4]
        assert ledger.read() == rows
        times = [row.at for row in rows]
        assert times[2] < times[3] < times[0] < times[1]
        assert [row.event_id for row in rows] == sorted(row.event_id for row in rows)
        assert ledger.get(Task, task.id).title == "1"
