"""Tool calls over HTTP, as an audit reads them: by agent, run, task, project, tool or time (AgentPane, A14).

The calls of a run are one aggregate, whose id is the run's, and a call's id is its own in that run alone. So they are
read one by one at `/tool-calls`, and started and ended at `/agent-runs/{id}/tool-calls`.
"""

from typing import Any

from fastapi import APIRouter
from pydantic import Field

from workledger.api.web import commands, detail, history, listing
from workledger.api.web.answers import Json, read, row_json
from workledger.api.web.caller import Caller
from workledger.api.web.deps import Reached, TheLedger, TheTables
from workledger.api.web.documented import READS, Answers, answering
from workledger.api.web.history import At, as_it_was
from workledger.api.web.ids import AnyId, TheId
from workledger.api.web.listing import Listing, Sort, equal, since, until
from workledger.api.web.strict import StrictRoute
from workledger.domain.agent import AgentToolNotAllowed
from workledger.domain.kernel.unit import Unit
from workledger.domain.tool_calls import CallId, Status, ToolCallNotFound, ToolCalls
from workledger.projections.tool_calls import ToolCalls as Calls

OF_RUN = "/agent-runs/{id}/tool-calls"

TOOL_CALLS = Listing(
    Calls,
    filters={
        "agent_id": equal(Calls.c.agent_id, AnyId),
        "agent_run_id": equal(Calls.c.agent_run_id, AnyId),
        "task_id": equal(Calls.c.task_id, AnyId),
        "project_id": equal(Calls.c.project_id, AnyId),
        "tool": equal(Calls.c.tool),
        "status": equal(Calls.c.status, Status),
        "date_from": since(Calls.c.timestamp),
        "date_to": until(Calls.c.timestamp),
    },
    sorts={"timestamp": Sort([Calls.c.timestamp], "desc", ids="along")},
)

START = commands.body_of(ToolCalls, "start", tool_call_id=(CallId, Field(description="with which it ends, too")))


def _start(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """The run calls a tool. One that it may not use is recorded as denied, and refused."""
    unit.edit(ToolCalls, id).start(**given)


def _of_call(calls: ToolCalls, given: dict[str, Any]) -> dict[str, Any]:
    """The call that a command was about.

    Raises:
        AgentToolNotAllowed: AGENT_TOOL_NOT_ALLOWED, the run may not use the tool; that it tried is recorded (A19).
    """
    call = calls.calls[given["tool_call_id"]]
    if call.status == "denied":
        raise AgentToolNotAllowed(tool=call.tool)
    return {"tool_call_id": given["tool_call_id"], **call.model_dump()}


router = APIRouter(tags=["tool calls"], route_class=StrictRoute)
listing.add(router, "/tool-calls", ToolCalls, TOOL_CALLS)
history.add(router, OF_RUN, ToolCalls)
commands.add(router, OF_RUN, ToolCalls, {"start": (_start, START)}, _of_call)


@router.get("/tool-calls/{id}")
@answering(
    Answers(
        Calls.ROW,
        headers=["X-Position", "ETag"],
        refused=(*READS, 404),
        codes={404: [ToolCallNotFound.code]},
    )
)
def one(id: TheId, tables: TheTables, position: Reached) -> Json:
    """One call, by the id that its caller gave it."""
    return row_json(detail.find(tables, TOOL_CALLS, id, ToolCallNotFound), position)


@router.get(OF_RUN)
@answering(
    Answers(
        ToolCalls,
        headers=["X-Position", "ETag"],
        refused=(*READS, 404),
        codes={404: [ToolCalls.NOT_FOUND.code]},
    )
)
def of_run(id: TheId, ledger: TheLedger, position: Reached, at: At = None) -> Json:
    """The calls of a run with how far each has come; with `at`, as they were."""
    if at is not None:
        return as_it_was(ledger, ToolCalls, id, at)
    calls = ledger.get(ToolCalls, id)
    return read(calls.model_dump(mode="json"), ledger.head(), version=calls.version)
