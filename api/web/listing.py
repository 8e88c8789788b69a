"""Lists: a read table, and what it can be filtered and sorted by; all lists are asked for and answered alike."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field, create_model, model_validator

from workledger.api.web import answers
from workledger.api.web.deps import TheText, reached
from workledger.api.web.documented import Answers, Both, answering, given_by, state_shape
from workledger.api.web.moments import Moment
from workledger.api.web.ordering import Asked, Expression, Ordering, Pagination, plain
from workledger.api.web.ordering import Sort as Sort
from workledger.api.web.rows import with_state
from workledger.domain.kernel.aggregate import Aggregate
from workledger.projections.engine.statement import Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables

LONGEST_PAGE = 100

Totals = Callable[[ReadTables, Any], Mapping[str, Any]]
"""(tables, query): what a list is answered with beside its rows."""


@dataclass(frozen=True)
class Filter:
    """A query parameter, its type, and the condition it makes."""

    condition: Callable[[ReadTables, Any], sa.ColumnElement[bool]]
    type: Any = str
    required: bool = False
    bound: bool = False
    """The condition is the same for every value, which may be a parameter of a statement."""


def equal(column: Expression, type: Any = str, *, required: bool = False) -> Filter:
    """Rows with that very value."""
    return Filter(lambda tables, value: column == value, type, required, bound=True)


Match = Callable[[ReadTables, str], sa.ColumnElement[bool]]
"""(tables, word): whether a word is found in a row."""


def within(column: Expression) -> Match:
    """The word is anywhere in the column, in capitals or not."""
    return lambda tables, word: column.icontains(word, autoescape=True)


def containing(*columns: Expression) -> Filter:
    """Rows in whose columns every word of that text is found, each in any of them, in capitals or not."""
    return matching(*map(within, columns))


def matching(*matches: Match) -> Filter:
    """Rows that have every word of a text, each by any of these matches."""

    def condition(tables: ReadTables, text: str) -> sa.ColumnElement[bool]:
        return sa.and_(sa.true(), *(sa.or_(*(match(tables, word) for match in matches)) for word in text.split()))

    return Filter(condition, Annotated[str, Field(max_length=200)])


def since(column: Expression) -> Filter:
    """Rows of that moment and after it."""
    return Filter(lambda tables, value: column >= value, Moment, bound=True)


def until(column: Expression) -> Filter:
    """Rows before that moment."""
    return Filter(lambda tables, value: column < value, Moment, bound=True)


@dataclass(frozen=True)
class Listing:
    """A list of the rows of a table.

    Attributes:
        sorts: the first is the one that a list has unless another is asked for.
        limit: rows of a page, unless another number is asked for.
        columns: what is shown of each row beside the table's columns.
        one_of: filters of which one at least must be given; none when all rows may be listed.
        usual: a condition on all rows, unless `unusual` says of what is asked for that it does not count.
    """

    table: type[Table]
    filters: Mapping[str, Filter]
    sorts: Mapping[str, Sort]
    limit: int = 50
    columns: Sequence[Expression] = ()
    one_of: Sequence[str] = ()
    usual: sa.ColumnElement[bool] | None = None
    unusual: Callable[[Any], bool] = lambda asked: False
    statements: dict[Any, Statement[Any]] = field(default_factory=dict, init=False, compare=False)
    """Those of the pages that were asked for, by their shape."""

    @property
    def beside(self) -> dict[str, Any]:
        """The types of what is shown of each row beside the table's columns."""
        return {column.name: column.type.python_type for column in self.columns if isinstance(column, sa.Label)}

    def model(self) -> type[Asked]:
        """The model of its query."""
        fields: dict[str, Any] = {
            name: (one.type, ...) if one.required else (one.type | None, None) for name, one in self.filters.items()
        }
        fields["limit"] = (Annotated[int, Field(ge=1, le=LONGEST_PAGE)], self.limit)
        fields["sort"] = (Literal[tuple(self.sorts)] | None, None)
        validators: Any = {"narrowed": model_validator(mode="after")(_narrowed(self.one_of))} if self.one_of else None
        return create_model(f"{self.table.__name__}Query", __base__=Asked, __validators__=validators, **fields)

    def page(self, tables: ReadTables, asked: Asked) -> dict[str, Any]:
        """A page of its rows as `items`, and a `pagination`.

        Raises:
            InvalidCursor: INVALID_CURSOR, the cursor is of another list, or none at all.
        """
        given = {name: getattr(asked, name) for name in self.filters if getattr(asked, name) is not None}
        ordering = Ordering.asked_for(asked, self.sorts, self.table.c.id, _hash(self.table, given))
        shape = (ordering.shape, tuple(given), self.unusual(asked))
        bound = all(self.filters[name].bound for name in given)
        statement = self.statements.get(shape) if bound else None
        if statement is None:
            conditions = [self._condition(tables, name, value) for name, value in given.items()]
            if self.usual is not None and not self.unusual(asked):
                conditions.append(self.usual)
            rows = sa.select(self.table.table, *self.columns).where(*conditions)
            statement = Statement(ordering.select(rows))
            if bound:
                self.statements[shape] = statement
        parameters = {name: value for name, value in given.items() if self.filters[name].bound}
        found = tables.run(statement, **parameters, **ordering.parameters(asked.limit))
        return ordering.page(found, asked.limit)

    def by_id(self, tables: ReadTables, id: str) -> dict[str, Any] | None:
        """The row with that id."""
        statement = self.statements.get("id")
        if statement is None:
            rows = sa.select(self.table.table, *self.columns).where(self.table.c.id == sa.bindparam("id"))
            statement = self.statements["id"] = Statement(rows)
        return tables.run_first(statement, id=id)

    def _condition(self, tables: ReadTables, name: str, value: Any) -> sa.ColumnElement[bool]:
        one = self.filters[name]
        return one.condition(tables, sa.bindparam(name) if one.bound else value)


def add(router: APIRouter, path: str, kind: type[Aggregate], rows: Listing, totals: Totals | None = None) -> None:
    """Answer GET on a path with a page of the rows of a noun."""
    model = rows.model()

    async def wait(request: Request, asked: Annotated[model, Query()]) -> tuple[Asked, int]:  # type: ignore[valid-type]
        return asked, await reached(request, asked.min_position)  # type: ignore[attr-defined]

    def items(tables: TheText, asked: Annotated[tuple[Asked, int], Depends(wait)]) -> answers.Json:
        query, position = asked
        page = rows.page(tables, query)
        page["items"] = [with_state(kind, row) for row in page["items"]]
        return answers.read({**page, "position": position, **(totals(tables, query) if totals else {})}, position)

    row = Both((rows.table.ROW, rows.beside, state_shape(kind)))
    page = {"items": [row], "pagination": Pagination, "position": int}
    answering(Answers(Both((page, given_by(totals))), headers=["X-Position"]))(items)
    items.__doc__ = f"A page of {router.tags[0]}."
    router.get(path, name=f"list {router.tags[0]}")(items)


def _narrowed(one_of: Sequence[str]) -> Callable[[Any], Any]:
    def narrowed(asked: Any) -> Any:
        if all(getattr(asked, name) is None for name in one_of):
            raise ValueError(f"one of {', '.join(one_of)} is needed")
        return asked

    return narrowed


def _hash(table: type[Table], given: Mapping[str, Any]) -> str:
    said = repr((table.NAME, sorted((name, plain(value)) for name, value in given.items())))
    return hashlib.sha256(said.encode()).hexdigest()[:12]
