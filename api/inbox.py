"""The inbox over HTTP: what waits for a person over all projects, each with the commands that answer it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query

from workledger.api.web.answers import Json, read
from workledger.api.web.deps import Reached, TheTables
from workledger.api.web.documented import Answers, answering
from workledger.api.web.rows import taken_in
from workledger.api.web.strict import StrictRoute
from workledger.domain.account import Account
from workledger.domain.agent_run import AgentRun
from workledger.domain.errand import Errand
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.message import Message
from workledger.domain.phase import Phase
from workledger.domain.proposal import Proposal
from workledger.domain.task import Task
from workledger.projections import inbox
from workledger.projections.inbox import SECTIONS, Kind, Section, WaitingRow

router = APIRouter(tags=["inbox"], route_class=StrictRoute)

WAITS: Mapping[Kind, tuple[str, type[Aggregate], str]] = {
    "question": ("agent-runs", AgentRun, "waiting_for_input"),
    "message": ("messages", Message, "pending"),
    "errand_conflict": ("errands", Errand, "conflict"),
    "account": ("accounts", Account, "exhausted"),
    "approval": ("tasks", Task, "in_review"),
    "phase": ("phases", Phase, "pending_review"),
    "errand": ("errands", Errand, "pending_review"),
    "initiative": ("initiatives", Initiative, "pending_review"),
    "proposal": ("proposals", Proposal, "pending"),
}
"""The resource of each kind, its aggregate, and the state in which it waits."""

SECTION_OF: Mapping[Kind, Section] = {kind: section for section, kinds in SECTIONS.items() for kind in kinds}


class Waiting(WaitingRow):
    """Something that waits: `commands` are those that it takes, at `/{resource}/{id}/{command}`."""

    section: Section
    resource: str
    commands: list[str]


@router.get("/inbox")
@answering(
    Answers(
        {"items": [Waiting], "count": int, "counts": dict[Kind, int], "sections": dict[Section, int], "position": int},
        headers=["X-Position"],
    )
)
def the_inbox(tables: TheTables, position: Reached, limit: Annotated[int, Query(ge=1, le=1000)] = 50) -> Json:
    """What waits for a person, in sections, and in each what has waited longest first.

    They are: questions of agents and messages that require an answer; errands in conflict and exhausted accounts;
    tasks, phases, errands and initiatives in review; proposals.
    """
    counts = inbox.counts(tables)
    body = {
        "items": [_item(row) for row in inbox.first(tables, limit)],
        "count": sum(counts.values()),
        "counts": counts,
        "sections": {section: sum(counts[kind] for kind in kinds) for section, kinds in SECTIONS.items()},
        "position": position,
    }
    return read(body, position)


def _item(row: WaitingRow) -> Waiting:
    resource, kind, state = WAITS[row["kind"]]
    return {**row, "section": SECTION_OF[row["kind"]], "resource": resource, "commands": list(taken_in(kind, state))}
