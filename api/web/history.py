"""What happened to one thing: its events in order, and how it was at a position or a moment."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.answers import Json, event_json, read
from workledger.api.web.deps import BIGGEST, Moment, Position, Reached, TheId, TheLedger
from workledger.domain.kernel.aggregate import Aggregate

LONGEST_PAGE = 1000

At = Annotated[Position | Moment | None, Query(description="as it was at this position, or at this moment")]


def add(router: APIRouter, kind: type[Aggregate]) -> None:
    """Answer GET on `/{id}/events` with the history of an aggregate, whether it still exists or not."""

    @router.get("/{id}/events", name=f"events of {kind.CATEGORY}")
    def events(
        id: TheId,
        ledger: TheLedger,
        position: Reached,
        after_version: Annotated[int, Query(ge=0, le=BIGGEST)] = 0,
        limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100,
    ) -> Json:
        rows = ledger.store.read_stream(kind.stream(id), after=after_version, limit=limit + 1)
        if not rows and not ledger.existing([kind.stream(id)]):
            raise kind.NOT_FOUND(id=id)
        items = [event_json(row) for row in rows[:limit]]
        return read({"items": items, "has_more": len(rows) > limit}, position)


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
