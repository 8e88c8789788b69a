"""The projects that imports record into, which are made when they are not there."""

from contextlib import suppress
from datetime import datetime

from workledger.adapters.importing.batches import Fact
from workledger.adapters.importing.report import Report
from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated


def begin(ledger: Ledger, kind: type[Aggregate], id: str, first: Event, at: datetime | None) -> None:
    """Record the first event of a stream, unless another import has just done so.

    Raises:
        Refused: a claim of the event is not met.
    """
    fact = Fact(kind, id, 0, [first], at, kind.CATEGORY)
    with suppress(ConcurrencyConflict), ledger.unit() as unit:
        unit.decide(lambda: fact.record(unit))


def ensure_project(
    ledger: Ledger, id: str, created: ProjectCreated, *, at: datetime | None, report: Report | None = None
) -> str:
    """The id of the project, which is created unless it is there; the report says so, and whether the name was taken.

    A project that has the same path or URL already is taken instead. Where only the name is taken, the new one has
    the end of its id behind it.
    """
    if ledger.existing([Project.stream(id)]):
        return ledger.get(Project, id).id
    try:
        taken = _begin_project(ledger, id, created, at)
    except Refused as refused:
        if not str(refused.details.get("key")).startswith("project_name:"):
            raise
        other = str(refused.details["holder"]).partition("-")[2]
        note = f"another project is called {created.name}: --project {other} imports into that one"
        if report is not None and note not in report.notes:
            report.notes.append(note)
        created = created.model_copy(update={"name": f"{created.name}-{id[-6:]}"})
        taken = _begin_project(ledger, id, created, at)
    if taken == id and report is not None:
        report.projects_made[id] = created.name
    return taken


def _begin_project(ledger: Ledger, id: str, created: ProjectCreated, at: datetime | None) -> str:
    try:
        begin(ledger, Project, id, created, at)
    except Refused as refused:
        if not str(refused.details.get("key")).startswith(("project_path:", "project_url:")):
            raise
        return str(refused.details["holder"]).partition("-")[2]
    return id
