"""Agents over HTTP, each with its latest run and its logs."""

from typing import Annotated, Any, Literal, cast, get_args

import sqlalchemy as sa
from fastapi import Query
from pydantic import Field

from workledger.api.web import commands
from workledger.api.web.answers import Json, read
from workledger.api.web.bodies import Body
from workledger.api.web.caller import TheBeginner
from workledger.api.web.deps import BIGGEST, Reached, TheLedger, TheTables
from workledger.api.web.documented import READS, Answers, TypedDict, answering
from workledger.api.web.ids import AnyId, TheId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.api.web.rows import with_state
from workledger.domain.agent import Agent, AgentNotFound, AgentType
from workledger.domain.agent_log import append_chunk
from workledger.domain.agent_run import AgentRun
from workledger.domain.kernel.mapping import WIDEST
from workledger.projections import agent_logs, agent_runs
from workledger.projections.agent_runs import AgentRunRow
from workledger.projections.agents import Agents
from workledger.projections.engine.tables import ReadTables

Status = Literal["running", "starting", "paused", "error", "idle", "completed"]
"""What its latest run makes of an agent, in the order of a list."""

RANK = sa.case({name: place for place, name in enumerate(get_args(Status))}, value=Agents.c.status)

AGENTS = Listing(
    Agents,
    filters={
        "project_id": equal(Agents.c.project_id, AnyId),
        "status": equal(Agents.c.status, Status),
        "type": equal(Agents.c.type, AgentType),
        "name": equal(Agents.c.name),
        "provider": equal(Agents.c.provider),
        "current_task_id": equal(Agents.c.current_task_id, AnyId),
        "account_id": equal(Agents.c.account_id, AnyId),
    },
    sorts={
        "status": Sort([RANK, Agents.c.name], "asc"),
        "name": Sort([Agents.c.name], "asc"),
        "created_at": Sort([Agents.c.created_at], "desc"),
        "updated_at": Sort([Agents.c.updated_at], "desc"),
    },
)


class CurrentRun(AgentRunRow):
    """A run, with its state and the commands it takes."""

    state: str | None
    commands: list[str]


class WithRun(TypedDict):
    """What an agent is shown with."""

    current_run: CurrentRun | None


def _with_run(tables: ReadTables, row: dict[str, Any]) -> WithRun:
    """An agent, with the row of its current run; with `at`, as it was."""
    run = agent_runs.get(tables, row["current_run_id"]) if row["current_run_id"] else None
    return {"current_run": None if run is None else cast(CurrentRun, with_state(AgentRun, run))}


router = resource(Agent, AGENTS, "agents", details=_with_run)


@router.get("/agents/{id}/logs")
@answering(
    Answers(
        {"items": [agent_logs.AgentLogChunkRow], "sessions": [agent_logs.LogSession], "position": int},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [AgentNotFound.code]},
    )
)
def logs(
    id: TheId,
    tables: TheTables,
    ledger: TheLedger,
    position: Reached,
    session_number: Annotated[int | None, Query(ge=1, le=BIGGEST)] = None,
    after_seq: Annotated[int | None, Query(ge=0, le=BIGGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Json:
    """What an agent wrote in a session, its latest unless another is named: from a place on, or the end of it.

    Logs outlive their agent (Codewalkers, C15).
    """
    sessions = agent_logs.sessions(tables, id)
    if not sessions and ledger.find(Agent, id) is None:
        raise AgentNotFound(id=id)
    number = session_number or (sessions[-1]["session_number"] if sessions else 1)
    if after_seq is None:
        items = agent_logs.tail(tables, id, number, limit)
    else:
        items = agent_logs.chunks(tables, id, number, after_seq=after_seq, limit=limit)
    return read({"items": items, "sessions": sessions, "position": position}, position)


class Chunk(Body):
    """A piece of output; the ids are what it can be found by, beside the agent's."""

    session_number: Annotated[int, Field(ge=1, le=WIDEST)]
    content: str
    run_id: AnyId | None = None
    task_id: AnyId | None = None
    session_id: AnyId | None = None


@router.post("/agents/{id}/logs", status_code=201)
@answering(commands.appended_shape("seq"))
def write_log(id: TheId, chunk: Chunk, caller: TheBeginner) -> Json:
    """Append to the log of a session; `seq` is the chunk's place in it."""
    agent = caller.ledger.find_any(Agent, id)
    if agent is None:
        raise AgentNotFound(id=id)
    given: dict[str, Any] = {"agent_id": id, "agent_name": agent.name, "project_id": agent.project_id}
    with caller.unit() as unit:
        append_chunk(unit, **given, **chunk.arguments())
    return commands.appended(caller, unit, "seq")
