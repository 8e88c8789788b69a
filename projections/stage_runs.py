"""Runs of a project's delivery stages (Elmer, domain.md 1.1 and 3.7)."""

from datetime import datetime
from typing import Annotated, Any

from workledger.domain.stage_run import (
    StageRunCancelled,
    StageRunDeleted,
    StageRunFailed,
    StageRunQueued,
    StageRunStarted,
    StageRunSucceeded,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, References, Stream, When
from workledger.projections.engine.table import Table

ENDED = (StageRunSucceeded, StageRunFailed, StageRunCancelled)


class StageRunRow(Stamped):
    """One run of a delivery stage, or one attempt at it."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str, From(StageRunQueued), References("projects", "cascade")]
    workspace_id: Annotated[str | None, From(StageRunQueued)]
    stage: Annotated[str, From(StageRunQueued)]
    status: Annotated[str, From(StageRunQueued, StageRunStarted, *ENDED)]
    automation_level: Annotated[str, From(StageRunQueued)]
    provider: Annotated[str, From(StageRunQueued)]
    attempt: Annotated[int, From(StageRunQueued)]
    idempotency_key: Annotated[str, From(StageRunQueued)]
    error_summary: Annotated[str | None, From(StageRunFailed)]
    triggered_by: Annotated[str, From(StageRunQueued)]
    retry_of: Annotated[str | None, From(StageRunQueued)]
    metadata: Annotated[dict[str, Any], From(StageRunQueued, StageRunSucceeded)]
    started_at: Annotated[datetime | None, When(StageRunStarted)]
    finished_at: Annotated[datetime | None, When(*ENDED)]


class StageRuns(
    Table,
    row=StageRunRow,
    name="stage_runs",
    born=(StageRunQueued,),
    dies=(StageRunDeleted,),
    indexes=("unique idempotency_key", "project_id, created_at desc", "status, created_at"),
):
    """The stage runs of all projects until they are deleted; one for each idempotency key."""
