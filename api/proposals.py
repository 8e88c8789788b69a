"""Proposals of agents over HTTP: accepted ones are carried out (Codewalkers, domain.md 2.8)."""

from typing import Any, Literal

from workledger.api.web.answers import Json
from workledger.api.web.bodies import Body, model
from workledger.api.web.caller import Caller, TheBeginner
from workledger.api.web.documented import WRITES, Answers, TypedDict, answering
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.agent import AgentNotFound
from workledger.domain.kernel.fields import Text
from workledger.domain.kernel.unit import Unit
from workledger.domain.proposal import By, Proposal, Status, TargetType
from workledger.domain.services import proposals as services
from workledger.projections import proposals
from workledger.projections.engine.tables import ReadTables
from workledger.projections.proposals import Proposals

PROPOSALS = Listing(
    Proposals,
    filters={
        "agent_id": equal(Proposals.c.agent_id, AnyId),
        "initiative_id": equal(Proposals.c.initiative_id, AnyId),
        "status": equal(Proposals.c.status, Status),
        "target_type": equal(Proposals.c.target_type, TargetType),
        "target_id": equal(Proposals.c.target_id, AnyId),
    },
    sorts={
        "sort_order": Sort([Proposals.c.sort_order], "asc"),
        "created_at": Sort([Proposals.c.created_at], "desc"),
        "updated_at": Sort([Proposals.c.updated_at], "desc"),
    },
)


class WithCounts(TypedDict):
    """What a list of proposals is answered with: how many there are in each status, of that agent and initiative."""

    counts: dict[Status, int]


def _counts(tables: ReadTables, asked: Any) -> WithCounts:
    return {"counts": proposals.counts(tables, asked.agent_id, asked.initiative_id)}


def _accept(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Accept it: its page, phase or task is made or changed in the same append, as a change set."""
    services.accept(unit, id, **given)


router = resource(
    Proposal,
    PROPOSALS,
    "proposals",
    totals=_counts,
    own={"accept": (_accept, model("ProposalAccept", Proposal.accept, without=("created_id", "change_set_id")))},
)


class Resolution(Body):
    """What becomes of the pending proposals of an agent."""

    agent_id: AnyId
    status: Literal["accepted", "dismissed"]
    by: By | None = None
    reason: Text | None = None


@router.post("/proposals/resolve-all")
@answering(
    Answers(
        {"count": int, "position": int},
        headers=["X-Position"],
        refused=WRITES,
        codes={404: [AgentNotFound.code]},
    )
)
def resolve_all(asked: Resolution, caller: TheBeginner) -> Json:
    """Accept or dismiss all pending proposals of an agent, in their order and in one append (Codewalkers
    `updateManyByAgentId`)."""
    about = {"by": asked.by, "reason": asked.reason, "command_id": caller.command_id}
    with caller.ledger.acting_as(caller.actor):
        count = services.resolve_all(caller.ledger, asked.agent_id, asked.status, **about)
    position = caller.ledger.head()
    return Json({"count": count, "position": position}, headers={"X-Position": str(position)})
