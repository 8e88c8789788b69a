"""What happened to one thing: its events in order, and how it was at a position or a moment."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.answers import Json, StoredEvent, event_json, read
from workledger.api.web.deps import LAST_VERSION, Position, Reached, TheLedger, TheTables
from workledger.api.web.documented import READS, Answers, answering
from workledger.api.web.ids import TheId
from workledger.api.web.moments import Moment
from workledger.domain.kernel.aggregate import Aggregate
from workledger.projections.engine.tables import ReadTables

LONGEST_PAGE = 1000

At = Annotated[Position | Moment | None, Query(description="as it was at this position, or at this moment")]


AggregateId = Callable[[ReadTables, str], str]
"""(tables, id in the path): the id of the aggregate that is meant."""


def same(tables: ReadTables, id: str) -> str:
    """The id in the path is that of the aggregate."""
    return id


def add(router: APIRouter, path: str, kind: type[Aggregate], aggregate_id: AggregateId = same) -> None:
    """Answer GET on `{path}/events` with the history of an aggregate, whether it still exists or not."""

    @router.get(f"{path}/events", name=f"events of {kind.CATEGORY}")
    def events(
        id: TheId,
        tables: TheTables,
        ledger: TheLedger,
        position: Reached,
        after_version: Annotated[int, Query(ge=0, le=LAST_VERSION)] = 0,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
    ) -> Json:
        """Its history: its events in order, a page at a time. They outlive it."""
        stream = kind.stream(aggregate_id(tables, id))
        rows = ledger.store.read_stream(stream, after=after_version, limit=limit + 1)
        if not rows and not ledger.existing([stream]):
            raise kind.NOT_FOUND(id=id)
        items = [event_json(row) for row in rows[:limit]]
        return read({"items": items, "has_more": len(rows) > limit}, position)

    refused, codes = (*READS, 404), {404: [kind.NOT_FOUND.code]}
    body = {"items": [StoredEvent], "has_more": bool}
    answering(Answers(body, headers=["X-Position"], refused=refused, codes=codes))(events)


def as_it_was(ledger: Workledger, kind: type[Aggregate], id: str, at: int | datetime) -> Json:
    """The aggregate at a position of the log, or at a moment.

    Raises:
        NotFound: it had not begun, or had been deleted.
    """
    if isinstance(at, datetime):
        past = ledger.get(kind, id, at=at)
    else:
        rows = ledger.store.read_stream(kind.stream(id))
        past = ledger.get(kind, id, version=sum(row.position <= at for row in rows))
    return read(past.model_dump(mode="json"), at if isinstance(at, int) else ledger.head(), version=past.version)
