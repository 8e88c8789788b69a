"""A life of a stage run up to each of its states (domain.md 2.11), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.stage_run import (
    StageRunCancelled,
    StageRunFailed,
    StageRunQueued,
    StageRunStarted,
    StageRunSucceeded,
)

queued = StageRunQueued(
    project_id="prj_1", stage="prd", provider="anthropic", idempotency_key="once", metadata={"tone": "dry"}
)
started = StageRunStarted(worker_id="w1")
succeeded = StageRunSucceeded(outputs={"prd": "…"}, metadata={"tone": "dry"})
failed = StageRunFailed(error_summary="stuck")
cancelled = StageRunCancelled(by="user:ann")

LIVES: dict[str, tuple[Event, ...]] = {
    "queued": (queued,),
    "running": (queued, started),
    "succeeded": (queued, started, succeeded),
    "failed": (queued, started, failed),
    "cancelled": (queued, cancelled),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "start": ({"worker_id": "w1"},),
    "succeed": ({},),
    "fail": ({"error_summary": "stuck"},),
    "cancel": ({},),
    "retry": ({},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
