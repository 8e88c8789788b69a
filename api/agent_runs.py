"""Runs of agents over HTTP: they are started with their agent's config, and go on in their process or a new one."""

from typing import Any, Literal

from fastapi import APIRouter

from workledger.api.web import commands, history, listing
from workledger.api.web.answers import Json, row_json
from workledger.api.web.bodies import StrictRoute, model
from workledger.api.web.deps import Caller, Reached, TheId, TheLedger, TheTables
from workledger.api.web.history import At, as_it_was
from workledger.api.web.listing import Listing, Sort, equal
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import AgentRunNotFound, Mode
from workledger.domain.kernel.ids import Id
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.runs import resume_run, start_run
from workledger.projections import agent_runs, tool_calls
from workledger.projections.agent_runs import AgentRuns

Status = Literal["starting", "running", "paused", "waiting_for_input", "completed", "failed", "stopped"]

RUNS = Listing(
    AgentRuns,
    filters={
        "agent_id": equal(AgentRuns.c.agent_id, Id),
        "task_id": equal(AgentRuns.c.task_id, Id),
        "project_id": equal(AgentRuns.c.project_id, Id),
        "session_id": equal(AgentRuns.c.session_id, Id),
        "provider_session_id": equal(AgentRuns.c.provider_session_id),
        "account_id": equal(AgentRuns.c.account_id, Id),
        "status": equal(AgentRuns.c.status, Status),
        "mode": equal(AgentRuns.c.mode, Mode),
    },
    sorts={
        "started_at": Sort([AgentRuns.c.started_at], "desc"),
        "updated_at": Sort([AgentRuns.c.updated_at], "desc"),
    },
)


def _resume(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    resume_run(unit, id, **{"new_process": False} | given)


RESUME = model(
    "AgentRunResume", resume_run, like=AgentRun.resume, without=("new_process",), extra={"new_process": (bool, False)}
)

router = APIRouter(prefix="/agent-runs", tags=["agent runs"], route_class=StrictRoute)
listing.add(router, RUNS)
commands.add_create(
    router, AgentRun, lambda unit, given: start_run(unit, **given), model("NewAgentRun", start_run, like=AgentRun.start)
)


@router.get("/{id}")
def detail(id: TheId, tables: TheTables, ledger: TheLedger, position: Reached, at: At = None) -> Json:
    """A run, with how often it used each tool."""
    if at is not None:
        return as_it_was(ledger, AgentRun, id, at)
    row = agent_runs.get(tables, id)
    if row is None:
        raise AgentRunNotFound(id=id)
    return row_json({**row, "tools": tool_calls.of_run(tables, id)}, position)


history.add(router, AgentRun)
commands.add(router, AgentRun, resume=(_resume, RESUME))
