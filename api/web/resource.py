"""A resource: the list of a noun, one of it as it is or was, its history, and POST for each of its commands."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter

from workledger.api.web import commands, detail, history, listing
from workledger.api.web.bodies import Body, model
from workledger.api.web.strict import StrictRoute
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.unit import Unit
from workledger.projections.engine.tables import ReadTables

NONE: commands.Own = MappingProxyType({})


@dataclass(frozen=True)
class RowIds:
    """How rows and their aggregates are found from each other, where the two have different ids.

    Attributes:
        row: the id of the row of an aggregate.
        aggregate: the id of the aggregate of a row.
    """

    row: Callable[[Any], str]
    aggregate: Callable[[detail.Row], str]


def resource(
    kind: type[Aggregate],
    rows: listing.Listing,
    path: str,
    *,
    begin: tuple[commands.Begin, type[Body]] | None = None,
    details: detail.Details | None = None,
    totals: listing.Totals | None = None,
    own: commands.Own = NONE,
    ids: RowIds | None = None,
) -> APIRouter:
    """The resource of a noun.

    - `GET /{path}` is a page of its rows. Those of a noun with a machine carry their state, and the commands that
      may change something in it.
    - `POST /{path}` begins one, where the aggregate has a `create` or `begin` is given.
    - `GET /{path}/{id}` is one row; with `?at=`, the aggregate as it was.
    - `GET /{path}/{id}/events` is its history.
    - `POST /{path}/{id}/{command}` gives it a command.

    Args:
        begin: how one begins, and the body that it takes, instead of the aggregate's `create`.
        details: what one thing is shown with beside its row.
        totals: what a list is answered with beside its rows.
        own: the commands that do more than call the method of the aggregate.
        ids: how rows are named, where their aggregates have other ids.
    """
    collection, one = f"/{path}", f"/{path}/{{id}}"

    def aggregate_id(tables: ReadTables, id: str) -> str:
        return id if ids is None else ids.aggregate(detail.find(tables, rows, id, kind.NOT_FOUND))

    router = APIRouter(tags=[path.replace("-", " ")], route_class=StrictRoute)
    listing.add(router, collection, kind, rows, totals)
    begin = begin or _create(kind)
    if begin is not None:
        commands.add_create(router, collection, kind, *begin, ids.row if ids else commands.own_id)
    detail.add(router, one, kind, rows, details, aggregate_id)
    history.add(router, one, kind, aggregate_id)
    commands.add(router, one, kind, own)
    return router


def _create(kind: type[Aggregate]) -> tuple[commands.Begin, type[Body]] | None:
    create = getattr(kind, "create", None)
    if create is None:
        return None

    def begin(unit: Unit, given: dict[str, Any]) -> None:
        unit.create(create(**given))

    begin.__doc__ = create.__doc__
    return begin, model(f"New{kind.__name__}", create)
