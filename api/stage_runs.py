"""Stage runs over HTTP (Elmer, DOMAIN.md 1.1)."""

from typing import Literal

from fastapi import APIRouter

from workledger.api.web import history, listing
from workledger.api.web.listing import Listing, Sort, equal
from workledger.domain.kernel.ids import Id
from workledger.domain.project.project import Stage
from workledger.domain.stage_run import StageRun, StageRunNotFound
from workledger.projections.stage_runs import StageRuns

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

STAGE_RUNS = Listing(
    StageRuns,
    filters={
        "project_id": equal(StageRuns.c.project_id, Id),
        "workspace_id": equal(StageRuns.c.workspace_id, Id),
        "status": equal(StageRuns.c.status, Status),
        "stage": equal(StageRuns.c.stage, Stage),
    },
    sorts={"created_at": Sort([StageRuns.c.created_at], "desc")},
)

router = APIRouter(prefix="/stage-runs", tags=["stage runs"])
listing.add(router, STAGE_RUNS)
listing.add_detail(router, StageRuns, StageRunNotFound)
history.add(router, StageRun)
