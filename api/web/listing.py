"""Lists: a read table, what it can be filtered and sorted by, and the pages that come of it; all lists work alike."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field, create_model

from workledger.api.web import answers
from workledger.api.web.cursors import Cursor, InvalidCursor, Order
from workledger.api.web.deps import BIGGEST, Moment, Reached, TheId, TheService, TheTables
from workledger.domain.kernel.mapping import format_timestamp, parse_timestamp
from workledger.domain.kernel.refusals import NotFound
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.engine.types import MomentType

LONGEST_PAGE = 100

Expression = sa.ColumnElement[Any]


@dataclass(frozen=True)
class Filter:
    """A query parameter, its type, and the condition it makes."""

    condition: Callable[[ReadTables, Any], sa.ColumnElement[bool]]
    type: Any = str
    required: bool = False


def equal(column: Expression, type: Any = str, *, required: bool = False) -> Filter:
    """Rows with that very value."""
    return Filter(lambda tables, value: column == value, type, required)


def containing(*columns: Expression) -> Filter:
    """Rows with that text anywhere in one of the columns, in capitals or not."""
    return Filter(
        lambda tables, value: sa.or_(*(column.icontains(value, autoescape=True) for column in columns)),
        Annotated[str, Field(max_length=200)],
    )


def since(column: Expression) -> Filter:
    """Rows of that moment and after it."""
    return Filter(lambda tables, value: column >= value, Moment)


def until(column: Expression) -> Filter:
    """Rows before that moment."""
    return Filter(lambda tables, value: column < value, Moment)


@dataclass(frozen=True)
class Sort:
    """What a list can be sorted by; rows that are equal by it stand in the order of their ids.

    Attributes:
        ids: in which direction those ids go: always up, or as the sort goes.
    """

    keys: Sequence[Expression]
    order: Order
    ids: Literal["up", "along"] = "up"


class Asked(BaseModel):
    """What every list can be asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[str | None, Field(max_length=4000)] = None
    order: Order | None = None
    min_position: Annotated[int, Field(ge=0, le=BIGGEST)] = 0
    limit: int
    sort: str | None


@dataclass(frozen=True)
class Listing:
    """A list of the rows of a table.

    Attributes:
        sorts: the first is the one that a list has unless another is asked for.
        limit: rows of a page, unless another number is asked for.
        columns: what is shown of each row beside the table's columns.
        always: a condition on all rows, given what is asked for.
    """

    table: type[Table]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, Sort]
    limit: int = 50
    columns: Sequence[Expression] = ()
    always: Callable[[Any], Sequence[sa.ColumnElement[bool]]] = field(default=lambda asked: ())

    def model(self) -> type[Asked]:
        """The model of its query."""
        fields: dict[str, Any] = {
            name: (one.type, ...) if one.required else (one.type | None, None) for name, one in self.filters.items()
        }
        fields["limit"] = (Annotated[int, Field(ge=1, le=LONGEST_PAGE)], self.limit)
        fields["sort"] = (Literal[tuple(self.sorts)] | None, None)
        return create_model(f"{self.table.__name__}Query", __base__=Asked, **fields)

    def page(self, tables: ReadTables, asked: Asked) -> dict[str, Any]:
        """
        Raises:
            InvalidCursor: INVALID_CURSOR, the cursor is of another list, or none at all.
        """
        given = {name: getattr(asked, name) for name in self.filters if getattr(asked, name) is not None}
        filters = _hash(self.table, given)
        cursor = Cursor.parse(asked.cursor) if asked.cursor else None
        if cursor is not None:
            cursor.check(asked.sort, asked.order, filters)
        name = cursor.sort if cursor else asked.sort or next(iter(self.sorts))
        if name not in self.sorts:
            raise InvalidCursor(reason="SORT_MISMATCH")
        sort = self.sorts[name]
        order: Order = cursor.order if cursor else asked.order or sort.order
        back = cursor is not None and cursor.back
        keys = [*((key, order == "desc") for key in sort.keys), (self.table.c.id, _ids_down(sort, order))]
        conditions = [self.filters[name].condition(tables, value) for name, value in given.items()]
        conditions += self.always(asked)
        if cursor is not None:
            conditions.append(_beyond(keys, _typed(keys, (*cursor.sort_value, cursor.id)), back))
        marks = [key.label(f"mark_{index}") for index, (key, _) in enumerate(keys)]
        chosen = sa.select(self.table.table, *self.columns, *marks).where(*conditions)
        chosen = chosen.order_by(*(key.desc() if down != back else key.asc() for key, down in keys))
        found = tables.all(chosen.limit(asked.limit + 1))
        more, rows = len(found) > asked.limit, found[: asked.limit]
        if back:
            rows.reverse()
        places = [tuple(_mark(row.pop(mark.name)) for mark in marks) for row in rows]
        following = bool(places) and (more or back)
        preceding = bool(places) and (more if back else cursor is not None)
        ahead = _cursor(name, order, filters, places[-1], back=False) if following else None
        behind = _cursor(name, order, filters, places[0], back=True) if preceding else None
        return {
            "items": rows,
            "pagination": {
                "next_cursor": ahead,
                "prev_cursor": behind,
                "has_more": following,
            },
        }


def add(
    router: APIRouter, listing: Listing, extras: Callable[[ReadTables, Any], dict[str, Any]] = lambda tables, asked: {}
) -> None:
    """Answer GET on the router's own path with the list, and with what else `extras` makes of what is asked for."""
    model = listing.model()

    async def wait(service: TheService, asked: Annotated[model, Query()]) -> tuple[Asked, int]:  # type: ignore[valid-type]
        return asked, await service.reached(asked.min_position)  # type: ignore[attr-defined]

    @router.get("", name=f"list {router.tags[0]}")
    def items(tables: TheTables, asked: Annotated[tuple[Asked, int], Depends(wait)]) -> answers.Json:
        query, position = asked
        page = {**listing.page(tables, query), "position": position, **extras(tables, query)}
        return answers.read(page, position)


def add_detail(router: APIRouter, table: type[Table], not_found: type[NotFound]) -> None:
    """Answer GET on `/{id}` with a row as it stands."""

    @router.get("/{id}", name=f"one of {router.tags[0]}")
    def detail(id: TheId, tables: TheTables, position: Reached) -> answers.Json:
        row = tables.first(table.table.select().where(table.c.id == id))
        if row is None:
            raise not_found(id=id)
        return answers.row_json(row, position)


def _ids_down(sort: Sort, order: Order) -> bool:
    return sort.ids == "along" and order == "desc"


def _beyond(keys: Sequence[tuple[Expression, bool]], values: Sequence[Any], back: bool) -> sa.ColumnElement[bool]:
    """After the place with those values, in the order of the keys; before it when going back."""
    steps = []
    for index, ((key, down), value) in enumerate(zip(keys, values, strict=True)):
        same = [one == other for (one, _), other in zip(keys[:index], values[:index], strict=True)]
        steps.append(sa.and_(*same, key < value if down != back else key > value))
    (first, down), value = keys[0], values[0]
    return sa.and_(first <= value if down != back else first >= value, sa.or_(*steps))


def _typed(keys: Sequence[tuple[Expression, bool]], values: Sequence[Any]) -> list[Any]:
    """A cursor's values as the keys' columns have them.

    Raises:
        InvalidCursor: DECODE_FAILED, they are of other types.
    """
    if len(keys) != len(values):
        raise InvalidCursor(reason="DECODE_FAILED")
    typed: list[Any] = []
    for (key, _), value in zip(keys, values, strict=True):
        if type(value) is not (int if isinstance(key.type, sa.Integer) else str):
            raise InvalidCursor(reason="DECODE_FAILED")
        try:
            typed.append(parse_timestamp(str(value)) if isinstance(key.type, MomentType) else value)
        except ValueError:
            raise InvalidCursor(reason="DECODE_FAILED") from None
    return typed


def _cursor(sort: str, order: Order, filters: str, place: Sequence[Any], *, back: bool) -> str:
    *values, id = place
    return str(Cursor(sort=sort, order=order, filters=filters, sort_value=tuple(values), id=id, back=back))


def _mark(value: Any) -> Any:
    return format_timestamp(value) if isinstance(value, datetime) else value


def _hash(table: type[Table], given: Mapping[str, Any]) -> str:
    said = repr((table.NAME, sorted((name, _mark(value)) for name, value in given.items())))
    return hashlib.sha256(said.encode()).hexdigest()[:12]
