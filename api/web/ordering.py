"""The order of a list, and the page of it that begins where a cursor stands (keyset pagination)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from workledger.api.web.cursors import PATTERN as CURSOR
from workledger.api.web.cursors import Cursor, InvalidCursor, Order
from workledger.api.web.deps import BIGGEST
from workledger.api.web.documented import TypedDict
from workledger.api.web.moments import in_utc
from workledger.domain.kernel.mapping import format_timestamp, parse_timestamp
from workledger.projections.engine.types import MomentType

Expression = sa.ColumnElement[Any]

MARK = "mark_"
"""What the columns are called that a row is ordered by; cursors are made of them."""

PLACE = "place_"
"""What the parameters are called that have a cursor's values."""


class Asked(BaseModel):
    """What every list can be asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: Annotated[
        str | None, Field(max_length=4000, description="as an answer gave it", json_schema_extra={"pattern": CURSOR})
    ] = None
    order: Order | None = None
    min_position: Annotated[int, Field(ge=0, le=BIGGEST)] = 0
    limit: int
    sort: str | None


CursorText = Annotated[
    str | None, Field(max_length=4000, description="as an answer gave it", json_schema_extra={"pattern": CURSOR})
]


class Pagination(TypedDict):
    """The cursors of the pages beside one."""

    next_cursor: str | None
    prev_cursor: str | None
    has_more: bool


@dataclass(frozen=True)
class Sort:
    """What a list can be sorted by; rows that are equal by it stand in the order of their ids.

    Attributes:
        ids: in which direction those ids go: always up, or as the sort goes.
    """

    keys: Sequence[Expression]
    order: Order
    ids: Literal["up", "along"] = "up"


@dataclass(frozen=True)
class Key:
    """What rows are ordered by, and in which direction."""

    expression: Expression
    down: bool

    def beyond(self, value: Any, back: bool) -> sa.ColumnElement[bool]:
        """After the rows of that value, or before them when going back."""
        down = self.down != back
        condition: sa.ColumnElement[bool] = self.expression < value if down else self.expression > value
        return condition

    def reaches(self, value: Any, back: bool) -> sa.ColumnElement[bool]:
        """The rows of that value too."""
        down = self.down != back
        condition: sa.ColumnElement[bool] = self.expression <= value if down else self.expression >= value
        return condition

    def clause(self, back: bool) -> sa.UnaryExpression[Any]:
        return self.expression.desc() if self.down != back else self.expression.asc()


@dataclass(frozen=True)
class Ordering:
    """A sort in its direction, and the cursor from which a page goes on.

    Attributes:
        filters: the hash of the filters of the list, which a cursor carries too.
        keys: the last is the row's id, so that no two rows are equal.
    """

    sort: str
    order: Order
    filters: str
    keys: Sequence[Key]
    cursor: Cursor | None

    @classmethod
    def asked_for(cls, asked: Asked, sorts: Mapping[str, Sort], id: Expression, filters: str) -> Self:
        """The order that is asked for: that of the cursor if there is one, else the first of the sorts by default.

        Raises:
            InvalidCursor: the cursor is of another list, or none at all.
        """
        cursor = Cursor.parse(asked.cursor) if asked.cursor else None
        if cursor is not None:
            cursor.check(asked.sort, asked.order, filters)
        name = cursor.sort if cursor else asked.sort or next(iter(sorts))
        if name not in sorts:
            raise InvalidCursor(reason="SORT_MISMATCH")
        chosen = sorts[name]
        order: Order = cursor.order if cursor else asked.order or chosen.order
        down = order == "desc"
        keys = [*(Key(key, down) for key in chosen.keys), Key(id, down and chosen.ids == "along")]
        return cls(name, order, filters, keys, cursor)

    @property
    def back(self) -> bool:
        """Whether the page before the cursor is asked for."""
        return self.cursor is not None and self.cursor.back

    @property
    def shape(self) -> tuple[str, Order, bool, bool]:
        """What a page's statement depends on: its values are parameters."""
        return self.sort, self.order, self.cursor is not None, self.back

    def select(self, rows: sa.Select[Any]) -> sa.Select[Any]:
        """The rows of the page, in the direction that is read, with `parameters`."""
        marks = [key.expression.label(f"{MARK}{index}") for index, key in enumerate(self.keys)]
        order = (key.clause(self.back) for key in self.keys)
        chosen = rows.add_columns(*marks).order_by(*order).limit(sa.bindparam("page_limit", type_=sa.Integer))
        return chosen if self.cursor is None else chosen.where(self._beyond())

    def parameters(self, limit: int) -> dict[str, Any]:
        """The values of a page's statement: one row more than is shown, to see whether there is one.

        Raises:
            InvalidCursor: DECODE_FAILED, the cursor's values are of other types than the columns.
        """
        values = self._typed((*self.cursor.sort_value, self.cursor.id)) if self.cursor is not None else []
        return {"page_limit": limit + 1, **{f"{PLACE}{index}": value for index, value in enumerate(values)}}

    def page(self, found: Sequence[dict[str, Any]], limit: int) -> dict[str, Any]:
        """The `items` that were selected, and a `pagination` with the cursors of the pages beside them."""
        more, rows = len(found) > limit, list(found[:limit])
        if self.back:
            rows.reverse()
        places = [self._place(row) for row in rows]
        following = bool(places) and (more or self.back)
        preceding = bool(places) and (more if self.back else self.cursor is not None)
        return {
            "items": rows,
            "pagination": {
                "next_cursor": self._cursor(places[-1], back=False) if following else None,
                "prev_cursor": self._cursor(places[0], back=True) if preceding else None,
                "has_more": following,
            },
        }

    def _place(self, row: dict[str, Any]) -> list[Any]:
        """What the row is ordered by, taken out of it."""
        return [plain(row.pop(f"{MARK}{index}")) for index in range(len(self.keys))]

    def _cursor(self, place: Sequence[Any], *, back: bool) -> str:
        *values, id = place
        cursor = Cursor(
            sort=self.sort, order=self.order, filters=self.filters, sort_value=tuple(values), id=id, back=back
        )
        return str(cursor)

    def _beyond(self) -> sa.ColumnElement[bool]:
        """The rows beyond the cursor: by the first key, or equal by that and beyond it by the second, and so on."""
        values = [sa.bindparam(f"{PLACE}{at}", type_=key.expression.type) for at, key in enumerate(self.keys)]
        steps = []
        for index, (key, value) in enumerate(zip(self.keys, values, strict=True)):
            same = [one.expression == other for one, other in zip(self.keys[:index], values[:index], strict=True)]
            steps.append(sa.and_(*same, key.beyond(value, self.back)))
        # The databases find the beginning in an index by a condition on the first key alone, not by an OR.
        return sa.and_(self.keys[0].reaches(values[0], self.back), sa.or_(*steps))

    def _typed(self, values: Sequence[Any]) -> list[Any]:
        """A cursor's values as the columns have them.

        Raises:
            InvalidCursor: DECODE_FAILED, they are of other types.
        """
        if len(self.keys) != len(values):
            raise InvalidCursor(reason="DECODE_FAILED")
        return [_typed(key.expression.type, value) for key, value in zip(self.keys, values, strict=True)]


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    return format_timestamp(value) if isinstance(value, datetime) else value


def _typed(type_: sa.types.TypeEngine[Any], value: int | str) -> Any:
    if type(value) is not (int if isinstance(type_, sa.Integer) else str):
        raise InvalidCursor(reason="DECODE_FAILED")
    try:
        return in_utc(parse_timestamp(str(value))) if isinstance(type_, MomentType) else value
    except ValueError:
        raise InvalidCursor(reason="DECODE_FAILED") from None
