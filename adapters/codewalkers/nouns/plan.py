"""Initiatives and phases: they begin before their tasks, and are completed after them."""

from collections.abc import Iterator

from workledger.adapters.codewalkers.noun import Noun, Step
from workledger.adapters.codewalkers.rows import Row
from workledger.domain.initiative import (
    Initiative,
    InitiativeArchived,
    InitiativeBranchSet,
    InitiativeCompleted,
    InitiativeCreated,
    InitiativeRenamed,
    InitiativeReopened,
    InitiativeReviewRequested,
)
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import Refused
from workledger.domain.phase import Phase
from workledger.domain.phase.events import (
    PhaseApproved,
    PhaseBlocked,
    PhaseChangesRequested,
    PhaseCompleted,
    PhaseContentChanged,
    PhaseCreated,
    PhaseMerged,
    PhaseRenamed,
    PhaseReopened,
    PhaseReviewRequested,
    PhaseStarted,
    PhaseUnblocked,
)

REASON = "said by Codewalkers"

STATUSES: dict[str, type[Event]] = {
    "active": InitiativeReopened,
    "pending_review": InitiativeReviewRequested,
    "completed": InitiativeCompleted,
    "archived": InitiativeArchived,
}


class Initiatives(Noun):
    """An initiative. One that is reviewed or completed has no open phases."""

    table, kind, what = "initiatives", Initiative, "initiatives"
    follows = frozenset(("name", "status", "branch"))
    lookups = ("links",)
    in_two_steps = True

    def created(self, row: Row) -> Event:
        return InitiativeCreated(name=row["name"])

    def follow(self, step: Step) -> None:
        row = step.row
        if step.differs("name"):
            step.happen(InitiativeRenamed(name=row["name"]))
        if step.differs("branch"):
            step.happen(InitiativeBranchSet(branch=row["branch"]))
        if step.differs("status"):
            step.happen(STATUSES[row["status"]]())

    def again(self, step: Step) -> Event:
        return InitiativeRenamed(name=step.state.name)

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if refused.code == "INITIATIVE_PHASES_OPEN":
            return row.amended(
                f"initiatives.status: {row['status']} while phases are open (active here)", status="active"
            )
        return super().amended(row, refused, ledger)


class Phases(Noun):
    """A phase. One that is reviewed or completed has no open tasks."""

    table, kind, what = "phases", Phase, "phases"
    follows = frozenset(("name", "content", "status", "merge_base"))
    in_two_steps = True

    def created(self, row: Row) -> Event:
        return PhaseCreated(initiative_id=row["initiative_id"], name=row["name"], content=row["content"])

    def follow(self, step: Step) -> None:
        row = step.row
        if step.differs("name"):
            step.happen(PhaseRenamed(name=row["name"]))
        if step.differs("content"):
            step.happen(PhaseContentChanged(content=row["content"]))
        if step.differs("merge_base") and row["merge_base"]:
            step.happen(PhaseMerged(merge_base=row["merge_base"]))
        if step.differs("status"):
            step.happen(*_way(step.state.status, row["status"]))

    def again(self, step: Step) -> Event:
        return PhaseRenamed(name=step.state.name)

    def amended(self, row: Row, refused: Refused, ledger: Ledger) -> Row | None:
        if refused.code == "PHASE_TASKS_OPEN":
            fault = f"phases.status: {row['status']} while tasks are open (in progress here)"
            return row.amended(fault, status="in_progress")
        if refused.code == "PHASE_DEPENDENCIES_UNMET":
            fault = f"phases.status: {row['status']} before the phases that it waits for (as it was here)"
            return row.amended(fault, status=ledger.get(Phase, row.key).status)
        return super().amended(row, refused, ledger)


def _way(before: str, wanted: str) -> Iterator[Event]:
    """The events from one status to another; none where no command leads there."""
    if wanted == "pending" or (before == "completed" and wanted == "approved"):
        return
    if before == "completed":
        yield PhaseReopened()
        before = "in_progress"
    if before == "blocked":
        yield PhaseUnblocked(status="approved" if wanted == "approved" else "in_progress")
        before = "approved" if wanted == "approved" else "in_progress"
    match wanted:
        case "approved" if before != wanted:
            yield PhaseApproved()
        case "blocked":
            yield PhaseBlocked(reason=REASON)
        case "in_progress" if before == "pending_review":
            yield PhaseChangesRequested()
        case "in_progress" if before != wanted:
            yield PhaseStarted()
        case "pending_review" | "completed" if before not in ("in_progress", "pending_review"):
            yield PhaseStarted()
    if wanted == "pending_review":
        yield PhaseReviewRequested()
    if wanted == "completed":
        yield PhaseCompleted()
