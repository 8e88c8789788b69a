"""One thing: its row, with what it is shown with; or its aggregate, as it was at a position or a moment."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import APIRouter

from workledger.api.web.answers import Json, row_json
from workledger.api.web.deps import Reached, TheLedger, TheText
from workledger.api.web.documented import READS, Answers, Both, Either, answering, given_by, state_shape
from workledger.api.web.history import AggregateId, At, as_it_was
from workledger.api.web.ids import TheId
from workledger.api.web.listing import Listing
from workledger.api.web.rows import with_state
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.refusals import NotFound
from workledger.projections.engine.tables import ReadTables

Row = dict[str, Any]

Details = Callable[[ReadTables, Row], Mapping[str, Any]]
"""(tables, row): what one thing is shown with beside its row. Its docstring says what the endpoint answers."""


def add(
    router: APIRouter,
    path: str,
    kind: type[Aggregate],
    rows: Listing,
    details: Details | None,
    aggregate_id: AggregateId,
) -> None:
    """Answer GET on a path, whose `{id}` is that of a row."""

    def one(id: TheId, tables: TheText, ledger: TheLedger, position: Reached, at: At = None) -> Json:
        if at is not None:
            return as_it_was(ledger, kind, aggregate_id(tables, id), at)
        row = find(tables, rows, id, kind.NOT_FOUND)
        return row_json({**with_state(kind, row), **(details(tables, row) if details else {})}, position)

    row = Both((rows.table.ROW, rows.beside, state_shape(kind), given_by(details)))
    headers, codes = ["X-Position", "ETag"], {404: [kind.NOT_FOUND.code]}
    answering(Answers(Either((row, kind)), headers=headers, refused=(*READS, 404), codes=codes))(one)
    tag = str(router.tags[0])
    one.__doc__ = details.__doc__ if details else f"One {tag.removesuffix('s')}; with `at`, as it was."
    router.get(path, name=f"one of {tag}")(one)


def find(tables: ReadTables, rows: Listing, id: str, not_found: type[NotFound]) -> Row:
    """The row with that id.

    Raises:
        NotFound: there is none.
    """
    row = rows.by_id(tables, id)
    if row is None:
        raise not_found(id=id)
    return row
