"""The context of a task over HTTP: what its agent is told before it begins (domain.md 3.8)."""

from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import BIGGEST, Reached, TheTables
from workledger.api.web.documented import READS, Answers, answering
from workledger.api.web.ids import TheId
from workledger.api.web.strict import StrictRoute
from workledger.domain.task.refusals import TaskNotFound
from workledger.projections.context import BUDGET, Context, as_text, assemble_context

router = APIRouter(tags=["contexts"], route_class=StrictRoute)


@router.get("/tasks/{id}/context")
@answering(
    Answers(
        {"context": Context, "text": str, "position": int},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [TaskNotFound.code]},
    )
)
def of_task(
    id: TheId,
    tables: TheTables,
    position: Reached,
    budget: Annotated[int, Query(ge=0, le=BIGGEST, description="in tokens, which are estimated")] = BUDGET,
) -> Json:
    """The pages of its initiative and its phase, the summaries of the tasks it depends on, and its chat.

    What is missing is named. Over the budget the oldest messages are left out first, then the oldest summaries, never
    pages; `over_budget` says when those are too much by themselves. `text` is all of it, to be put into a prompt. A
    token is estimated as four bytes.
    """
    context = assemble_context(tables, id, budget)
    if context is None:
        raise TaskNotFound(id=id)
    return read({"context": context, "text": as_text(context), "position": position}, position)
