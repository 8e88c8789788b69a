"""Review comments on the changes of phases (Codewalkers, domain.md 1.2 and 3.7)."""

from collections.abc import Sequence
from typing import Annotated

import sqlalchemy as sa

from workledger.domain.review_comment import (
    LineType,
    ReviewCommentAdded,
    ReviewCommentDeleted,
    ReviewCommentEdited,
    ReviewCommentResolved,
    ReviewCommentUnresolved,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

SETTLED = (ReviewCommentAdded, ReviewCommentResolved, ReviewCommentUnresolved)


class ReviewCommentRow(Stamped):
    """A comment on a line of a file: of the new one, or of the old one where the line was removed."""

    id: Annotated[str, Stream()]
    phase_id: Annotated[str, From(ReviewCommentAdded), References("phases", "cascade")]
    file_path: Annotated[str, From(ReviewCommentAdded)]
    line_number: Annotated[int, From(ReviewCommentAdded)]
    line_type: Annotated[LineType, From(ReviewCommentAdded)]
    body: Annotated[str, From(ReviewCommentAdded, ReviewCommentEdited)]
    author: Annotated[str, From(ReviewCommentAdded)]
    resolved: Annotated[bool, From(*SETTLED)]
    parent_comment_id: Annotated[str | None, From(ReviewCommentAdded), References("review_comments", "cascade")]


class ReviewComments(
    Table,
    row=ReviewCommentRow,
    name="review_comments",
    born=(ReviewCommentAdded,),
    dies=(ReviewCommentDeleted,),
    indexes=("phase_id, created_at, id", "phase_id, file_path, line_number, id", "parent_comment_id", "created_at, id"),
):
    """The comments of all phases until they are deleted."""


GET = Statement(ReviewComments.table.select().where(ReviewComments.c.id == sa.bindparam("id")), ReviewCommentRow)
OF_PHASE = Statement(
    ReviewComments.table.select()
    .where(ReviewComments.c.phase_id == sa.bindparam("phase_id"))
    .order_by(ReviewComments.c.created_at, ReviewComments.c.id),
    ReviewCommentRow,
)
OPEN = Statement(
    sa.select(sa.func.count().label("open")).where(
        ReviewComments.c.phase_id == sa.bindparam("phase_id"),
        ReviewComments.c.resolved.is_(False),
        ReviewComments.c.parent_comment_id.is_(None),
    )
)


def get(tables: ReadTables, id: str) -> ReviewCommentRow | None:
    """The comment with that id."""
    return tables.run_first(GET, id=id)


def of_phase(tables: ReadTables, phase_id: str) -> Sequence[ReviewCommentRow]:
    """The comments on a phase, oldest first (Codewalkers `findByPhaseId`)."""
    return tables.run(OF_PHASE, phase_id=phase_id)


def open_on(tables: ReadTables, phase_id: str) -> int:
    """How many comments on a phase are not resolved; answers are with what they answer."""
    row = tables.run_first(OPEN, phase_id=phase_id)
    return row["open"] if row else 0
