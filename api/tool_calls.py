"""Tool calls over HTTP, as an audit reads them: by agent, run, task, project, tool or time (AgentPane, A14)."""

from typing import Literal

from fastapi import APIRouter

from workledger.api.web import listing
from workledger.api.web.listing import Listing, Sort, equal, since, until
from workledger.domain.kernel.ids import Id
from workledger.domain.tool_calls import ToolCallNotFound
from workledger.projections.tool_calls import ToolCalls

Status = Literal["pending", "running", "complete", "error", "denied"]

TOOL_CALLS = Listing(
    ToolCalls,
    filters={
        "agent_id": equal(ToolCalls.c.agent_id, Id),
        "agent_run_id": equal(ToolCalls.c.agent_run_id, Id),
        "task_id": equal(ToolCalls.c.task_id, Id),
        "project_id": equal(ToolCalls.c.project_id, Id),
        "tool": equal(ToolCalls.c.tool),
        "status": equal(ToolCalls.c.status, Status),
        "date_from": since(ToolCalls.c.timestamp),
        "date_to": until(ToolCalls.c.timestamp),
    },
    sorts={"timestamp": Sort([ToolCalls.c.timestamp], "desc", ids="along")},
)

router = APIRouter(prefix="/tool-calls", tags=["tool calls"])
listing.add(router, TOOL_CALLS)
listing.add_detail(router, ToolCalls, ToolCallNotFound)
