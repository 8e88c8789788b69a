"""Stage runs over HTTP (Elmer, domain.md 1.1)."""

from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.project.project import Stage
from workledger.domain.stage_run import StageRun, Status
from workledger.projections.stage_runs import StageRuns

STAGE_RUNS = Listing(
    StageRuns,
    filters={
        "project_id": equal(StageRuns.c.project_id, AnyId),
        "workspace_id": equal(StageRuns.c.workspace_id, AnyId),
        "status": equal(StageRuns.c.status, Status),
        "stage": equal(StageRuns.c.stage, Stage),
    },
    sorts={"created_at": Sort([StageRuns.c.created_at], "desc")},
)

router = resource(StageRun, STAGE_RUNS, "stage-runs")
