"""What was used of each model, over HTTP: turns and tokens of one run, of a project's runs, or of all."""

from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import Reached, TheTables
from workledger.api.web.documented import Answers, answering
from workledger.api.web.ids import AnyId
from workledger.api.web.strict import StrictRoute
from workledger.projections import run_models

router = APIRouter(tags=["model usage"], route_class=StrictRoute)


@router.get("/model-usage")
@answering(Answers({"items": [run_models.ModelTotal], "position": int}, headers=["X-Position"]))
def of_models(
    tables: TheTables,
    position: Reached,
    project_id: Annotated[AnyId | None, Query(description="of the runs of this project")] = None,
    agent_run_id: Annotated[AnyId | None, Query(description="of this run")] = None,
) -> Json:
    """Turns and tokens by model, most output first.

    A turn that does not say its model counts for that of its run. Cache tokens are those read and written, in all; how
    many of each is known of turns whose source says it.
    """
    items = run_models.totals(tables, project_id=project_id, agent_run_id=agent_run_id)
    return read({"items": items, "position": position}, position)
