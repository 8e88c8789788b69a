"""What each phase waits for (Codewalkers, domain.md 1.2); a row for each edge, found from both ends."""

from typing import Annotated

import sqlalchemy as sa

from workledger.domain.phase.events import PhaseDependencyAdded, PhaseDependencyRemoved
from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

EDGE = (PhaseDependencyAdded, PhaseDependencyRemoved)


class PhaseDependencyRow(TableRow):
    """An edge: a phase, and one that must be completed before it."""

    phase_id: Annotated[str, Stream(), References("phases", "cascade")]
    depends_on_phase_id: Annotated[str, From(*EDGE), References("phases", "cascade")]


class PhaseDependencies(
    Table,
    row=PhaseDependencyRow,
    name="phase_dependencies",
    born=(PhaseDependencyAdded,),
    dies=(PhaseDependencyRemoved,),
    key=("phase_id", "depends_on_phase_id"),
    indexes=("depends_on_phase_id",),
):
    """The edges between phases, found from both ends."""


DEPENDENCIES = Statement(
    sa.select(PhaseDependencies.c.depends_on_phase_id)
    .where(PhaseDependencies.c.phase_id == sa.bindparam("id"))
    .order_by(PhaseDependencies.c.depends_on_phase_id)
)
DEPENDENTS = Statement(
    sa.select(PhaseDependencies.c.phase_id)
    .where(PhaseDependencies.c.depends_on_phase_id == sa.bindparam("id"))
    .order_by(PhaseDependencies.c.phase_id)
)


def dependencies(tables: ReadTables, phase_id: str) -> list[str]:
    """The ids of the phases that a phase waits for (Codewalkers `getDependencies`)."""
    return [row["depends_on_phase_id"] for row in tables.run(DEPENDENCIES, id=phase_id)]


def dependents(tables: ReadTables, phase_id: str) -> list[str]:
    """The ids of the phases that wait for a phase (Codewalkers `getDependents`)."""
    return [row["phase_id"] for row in tables.run(DEPENDENTS, id=phase_id)]
