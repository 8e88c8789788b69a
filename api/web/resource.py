"""A resource: an aggregate over HTTP, with its list, its detail now or at a moment, its history and its commands."""

from typing import Any

from fastapi import APIRouter

from workledger.api.web import commands, history, listing
from workledger.api.web.answers import Json, row_json
from workledger.api.web.bodies import StrictRoute, model
from workledger.api.web.deps import Reached, TheId, TheLedger, TheTables
from workledger.api.web.history import At, as_it_was
from workledger.api.web.listing import Listing
from workledger.domain.kernel.aggregate import Aggregate


def resource(kind: type[Aggregate], shown: Listing, path: str) -> APIRouter:
    """The router of an aggregate. Endpoints of its own may be added to it.

    Args:
        shown: the list of the rows of its read table, by `id`.
        path: of the list, such as `stage-runs`; a row is at `/{id}` under it, its history at `/{id}/events`, each
            command at `/{id}/{command}`.
    """
    router = APIRouter(prefix=f"/{path}", tags=[path], route_class=StrictRoute)
    listing.add(router, shown)
    table = shown.table.table

    @router.get("/{id}", name=f"one of {path}")
    def detail(id: TheId, ledger: TheLedger, tables: TheTables, position: Reached, at: At = None) -> Json:
        if at is not None:
            return as_it_was(ledger, kind, id, at)
        row = tables.first(table.select().where(table.c.id == id))
        if row is None:
            raise kind.NOT_FOUND(id=id)
        return row_json(row, position)

    history.add(router, kind)
    create: Any = getattr(kind, "create", None)
    if create is not None:
        body = model(f"New{kind.__name__}", create)
        commands.add_create(router, kind, lambda unit, given: unit.create(create(**given)), body)
    commands.add(router, kind)
    return router
