"""Errands (Codewalkers, domain.md 1.2 and 3.7)."""

from datetime import datetime
from typing import Annotated

import sqlalchemy as sa

from workledger.domain.errand import (
    ErrandAbandoned,
    ErrandAgentAssigned,
    ErrandAgentUnassigned,
    ErrandChangesRequested,
    ErrandDeleted,
    ErrandMergeConflicted,
    ErrandMerged,
    ErrandOpened,
    ErrandSubmittedForReview,
    Status,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.narrowing import optional
from workledger.projections.engine.rules import Becomes, From, References, Stream, When
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

SOLVED = Becomes({event: [] for event in (ErrandOpened, ErrandChangesRequested, ErrandMerged)})
STATUS = (
    *(ErrandOpened, ErrandSubmittedForReview, ErrandChangesRequested),
    *(ErrandMerged, ErrandMergeConflicted, ErrandAbandoned),
)


class ErrandRow(Stamped):
    """An errand, the agent that works on it, and the files that its last merge met conflicts in."""

    id: Annotated[str, Stream()]
    description: Annotated[str, From(ErrandOpened)]
    branch: Annotated[str, From(ErrandOpened)]
    base_branch: Annotated[str, From(ErrandOpened)]
    agent_id: Annotated[
        str | None,
        From(ErrandOpened, ErrandAgentAssigned),
        Becomes({ErrandAgentUnassigned: None}),
        References("agents", "null"),
    ]
    project_id: Annotated[str | None, From(ErrandOpened), References("projects", "cascade")]
    status: Annotated[str, From(*STATUS)]
    review_requested_at: Annotated[datetime | None, When(ErrandSubmittedForReview)]
    conflict_files: Annotated[list[str], SOLVED, From(ErrandMergeConflicted, field="files")]
    merge_sha: Annotated[str | None, From(ErrandMerged)]


class Errands(
    Table,
    row=ErrandRow,
    name="errands",
    born=(ErrandOpened,),
    dies=(ErrandDeleted,),
    indexes=(
        "created_at desc, id desc",
        "project_id, status, created_at desc, id desc",
        "status, created_at desc, id desc",
        "agent_id",
    ),
):
    """The errands of all projects until they are deleted."""


GET = Statement(Errands.table.select().where(Errands.c.id == sa.bindparam("id")), ErrandRow)
FOUND = Statement(
    Errands.table.select().order_by(Errands.c.created_at.desc(), Errands.c.id.desc()),
    ErrandRow,
    optional(Errands.c.project_id),
    optional(Errands.c.status),
)


def get(tables: ReadTables, id: str) -> ErrandRow | None:
    """The errand with that id (Codewalkers `findById`)."""
    return tables.run_first(GET, id=id)


def find(tables: ReadTables, project_id: str | None = None, status: Status | None = None) -> list[ErrandRow]:
    """Errands, newest first (Codewalkers `findAll`).

    Args:
        project_id: of that project only.
        status: of that status only.
    """
    return tables.run(FOUND, project_id=project_id, status=status)
