"""Projectors that are killed at the worst moments: each event is counted once, and none is left out (5)."""

import signal

import pytest

import workledger
from support import engine_processes, writers
from support.golden_events import work
from workledger.domain.task.board import COLUMNS
from workledger.projections import agent_logs, tasks, tool_calls
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

SHIFTS, BATCH = 7, 8
"""Of five events; so batches end in the middle of one."""

PREPARED = ("rows half written", "rows written", "committed")
MOMENTS = [
    *(("sqlite_url", moment, -1) for moment in PREPARED),
    *(("postgres_store_url", moment, -1) for moment in PREPARED),
    *(("postgres_store_url", moment, 1000) for moment in ("exchange begun", "committed in one exchange")),
]


@pytest.mark.parametrize(("kind", "moment", "at_once"), MOMENTS)
def test_a_projector_killed_in_every_batch_counts_every_event_once(
    request: pytest.FixtureRequest, kind: str, moment: str, at_once: int
) -> None:
    """Proves that rows and checkpoint are of one transaction. It fails when the checkpoint is moved in one of its own,
    before the rows (events are left out) or after them (they are counted twice)."""
    url = request.getfixturevalue(kind)
    with workledger.open(url) as ledger:
        work(ledger, SHIFTS)
        deaths = 0
        while True:
            with writers.running(engine_processes.fold_and_die, url, moment, BATCH, at_once) as (process, _):
                process.join(60)
                if process.exitcode == 0:
                    break
                assert process.exitcode == -signal.SIGKILL
                deaths += 1
        assert deaths >= SHIFTS * 5 // BATCH
        assert ledger.projector.position() == ledger.head()
        engine_processes.nothing_differs(ledger)
        assert [verify(ledger.store, ledger.tables, group).differences for group in GROUPS] == [[]] * len(GROUPS)
        assert tasks.counts(ledger.tables, "p") == dict.fromkeys(COLUMNS, 0) | {"in_progress": SHIFTS}
        [session] = agent_logs.sessions(ledger.tables, "ann")
        assert (session["chunks"], session["bytes"]) == (SHIFTS, SHIFTS * len("so it goes"))
        [used] = tool_calls.of_run(ledger.tables, "r")
        assert (used["count"], used["total_duration_ms"]) == (SHIFTS, SHIFTS * 7)
