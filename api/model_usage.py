"""What was used of each model, over HTTP: turns and tokens of one run, of a project's runs, or of all."""

from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web.answers import Json, read
from workledger.api.web.bodies import StrictRoute
from workledger.api.web.deps import Reached, TheTables
from workledger.domain.kernel.ids import Id
from workledger.projections import run_models

router = APIRouter(tags=["model usage"], route_class=StrictRoute)


@router.get("/model-usage")
def of_models(
    tables: TheTables,
    position: Reached,
    project_id: Annotated[Id | None, Query(description="of the runs of this project")] = None,
    agent_run_id: Annotated[Id | None, Query(description="of this run")] = None,
) -> Json:
    """Turns and tokens by model, most output first.

    A turn that does not say its model counts for that of its run. Cache tokens are those read and written, in all; how
    many of each is known of turns whose source says it.
    """
    items = run_models.totals(tables, project_id=project_id, agent_run_id=agent_run_id)
    return read({"items": items, "position": position}, position)
