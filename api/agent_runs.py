"""Runs of agents over HTTP: they are started with their agent's config, and go on in their process or a new one."""

from typing import Any

from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.documented import TypedDict
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.agent_run import AgentRun
from workledger.domain.agent_run.events import Mode
from workledger.domain.agent_run.progress import Status
from workledger.domain.kernel.unit import Unit
from workledger.domain.services.runs import resume_run, start_run
from workledger.projections import run_models, tool_calls
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.engine.tables import ReadTables

RUNS = Listing(
    AgentRuns,
    filters={
        "agent_id": equal(AgentRuns.c.agent_id, AnyId),
        "task_id": equal(AgentRuns.c.task_id, AnyId),
        "project_id": equal(AgentRuns.c.project_id, AnyId),
        "session_id": equal(AgentRuns.c.session_id, AnyId),
        "provider_session_id": equal(AgentRuns.c.provider_session_id),
        "account_id": equal(AgentRuns.c.account_id, AnyId),
        "status": equal(AgentRuns.c.status, Status),
        "mode": equal(AgentRuns.c.mode, Mode),
    },
    sorts={
        "started_at": Sort([AgentRuns.c.started_at], "desc"),
        "updated_at": Sort([AgentRuns.c.updated_at], "desc"),
    },
)


def _start(unit: Unit, given: dict[str, Any]) -> None:
    """Start a run as its agent is configured, but for what is given."""
    start_run(unit, **given)


def _resume(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Go on: in the process that it has, or in a new one, which is the agent's next session."""
    resume_run(unit, id, **{"new_process": False} | given)


class WithUsage(TypedDict):
    """What a run is shown with."""

    tools: list[tool_calls.ToolUse]
    models: list[run_models.ModelTotal]


def _with_usage(tables: ReadTables, row: dict[str, Any]) -> WithUsage:
    """A run, with how often it used each tool, and what of each model; with `at`, as it was."""
    return {
        "tools": tool_calls.of_run(tables, row["id"]),
        "models": run_models.totals(tables, agent_run_id=row["id"]),
    }


START = model("NewAgentRun", start_run, like=AgentRun.start)
RESUME = model(
    "AgentRunResume", resume_run, like=AgentRun.resume, without=("new_process",), extra={"new_process": (bool, False)}
)

router = resource(
    AgentRun, RUNS, "agent-runs", begin=(_start, START), details=_with_usage, own={"resume": (_resume, RESUME)}
)
