"""The plan over HTTP: a project's initiatives, an initiative's phases step by step, and a phase's tasks."""

from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import Reached, TheTables
from workledger.api.web.documented import READS, Answers, Both, TypedDict, answering, state_shape
from workledger.api.web.ids import TheId
from workledger.api.web.rows import with_state
from workledger.api.web.strict import StrictRoute
from workledger.domain.initiative import Initiative, InitiativeNotFound
from workledger.domain.phase import Phase
from workledger.domain.phase.refusals import PhaseNotFound
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.task import Task
from workledger.projections import initiatives, phases, plan, projects
from workledger.projections.initiatives import InitiativeRow

router = APIRouter(tags=["plan"], route_class=StrictRoute)

LONGEST = 1000
Limit = Annotated[int, Query(ge=1, le=LONGEST)]

INITIATIVE = Both((plan.PlannedInitiativeRow, state_shape(Initiative)))
PHASE = Both((plan.Step, state_shape(Phase)))
TASK = Both((plan.PlannedTaskRow, state_shape(Task)))


class Part(TypedDict):
    """What a part of the plan is answered with beside its rows: how many there are, shown or not."""

    count: int
    position: int


@router.get("/projects/{id}/plan")
@answering(
    Answers(
        Both(({"items": [INITIATIVE]}, Part)),
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [ProjectNotFound.code]},
    )
)
def of_project(id: TheId, tables: TheTables, position: Reached, limit: Limit = 200) -> Json:
    """The initiatives that it is linked to, each with how far it is; archived ones come last."""
    rows, count = plan.initiatives(tables, id, limit)
    if not rows and projects.get(tables, id) is None:
        raise ProjectNotFound(id=id)
    return read(
        {"items": [with_state(Initiative, row) for row in rows], "count": count, "position": position}, position
    )


@router.get("/initiatives/{id}/plan")
@answering(
    Answers(
        Both(({"initiative": InitiativeRow, "phases": [PHASE], "tasks": [TASK]}, Part)),
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [InitiativeNotFound.code]},
    )
)
def of_initiative(id: TheId, tables: TheTables, position: Reached, limit: Limit = 100) -> Json:
    """Its phases in the order of their dependencies: those of one `step` can be worked on at once.

    `tasks` are the first of those that are in none of its phases, `count` how many these are.
    """
    initiative = initiatives.get(tables, id)
    if initiative is None:
        raise InitiativeNotFound(id=id)
    rows, count = plan.loose_tasks(tables, id, limit)
    body = {
        "initiative": initiative,
        "phases": [with_state(Phase, row) for row in plan.phases(tables, id)],
        "tasks": [with_state(Task, row) for row in rows],
        "count": count,
        "position": position,
    }
    return read(body, position)


@router.get("/phases/{id}/plan")
@answering(
    Answers(
        Both(({"tasks": [TASK]}, Part)),
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [PhaseNotFound.code]},
    )
)
def of_phase(id: TheId, tables: TheTables, position: Reached, limit: Limit = 100) -> Json:
    """Its first tasks in the order of the plan, each with what it waits for."""
    rows, count = plan.tasks(tables, id, limit)
    if not rows and phases.get(tables, id) is None:
        raise PhaseNotFound(id=id)
    return read({"tasks": [with_state(Task, row) for row in rows], "count": count, "position": position}, position)
