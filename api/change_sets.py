"""Change sets over HTTP: they are applied, and reverted (Codewalkers, domain.md 1.2)."""

from typing import Annotated, Any

from pydantic import Field

from workledger.api.web.answers import Json, read
from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.deps import Reached, TheLedger, TheTables
from workledger.api.web.documented import READS, Answers, TypedDict, answering
from workledger.api.web.ids import AnyId, TheId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.change_set import Changes, ChangeSet, ChangeSetNotFound, Status
from workledger.domain.kernel.unit import Unit
from workledger.domain.services import change_sets as services
from workledger.projections import change_sets
from workledger.projections.change_sets import ChangeSetEntryRow, ChangeSets
from workledger.projections.engine.tables import ReadTables

CHANGE_SETS = Listing(
    ChangeSets,
    filters={
        "initiative_id": equal(ChangeSets.c.initiative_id, AnyId),
        "agent_id": equal(ChangeSets.c.agent_id, AnyId),
        "status": equal(ChangeSets.c.status, Status),
    },
    sorts={"created_at": Sort([ChangeSets.c.created_at], "desc")},
)

APPLY = model(
    "NewChangeSet",
    ChangeSet.create,
    without=("entries",),
    extra={"changes": (Annotated[Changes, Field(description="made in this order")], ...)},
)


class WithEntries(TypedDict):
    """What a change set is shown with."""

    entries: list[ChangeSetEntryRow]


class Difference(ChangeSetEntryRow):
    """An entry, with the values that differ: before the change set, and after it."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None


def _with_entries(tables: ReadTables, row: dict[str, Any]) -> WithEntries:
    """A change set, with what it did to each page, phase and task; with `at`, as it was."""
    return {"entries": change_sets.entries(tables, row["id"])}


def _apply(unit: Unit, given: dict[str, Any]) -> None:
    """Make, change and delete pages, phases and tasks of an initiative in one append, which can be reverted."""
    services.apply(unit, **given)


def _revert(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Put its pages, phases and tasks back as they were, if nobody has changed them since."""
    services.revert(unit, caller.ledger, id, **given)


router = resource(
    ChangeSet,
    CHANGE_SETS,
    "change-sets",
    begin=(_apply, APPLY),
    details=_with_entries,
    own={"revert": (_revert, model("ChangeSetRevert", ChangeSet.revert, without=("entries",)))},
)


@router.get("/change-sets/{id}/entries")
@answering(
    Answers(
        {"items": [Difference], "position": int},
        headers=["X-Position"],
        refused=(*READS, 404),
        codes={404: [ChangeSetNotFound.code]},
    )
)
def differences(id: TheId, tables: TheTables, ledger: TheLedger, position: Reached) -> Json:
    """What it did to each page, phase and task, with the values before and after it."""
    found = zip(change_sets.entries(tables, id), services.differences(ledger, ledger.get(ChangeSet, id)), strict=False)
    items = [{**entry, "before": before, "after": after} for entry, (before, after) in found]
    return read({"items": items, "position": position}, position)
