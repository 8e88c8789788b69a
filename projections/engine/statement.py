"""Statements: queries that are compiled once for each database, and run straight on its driver."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar, overload

import orjson
import sqlalchemy as sa

from workledger.projections.engine.columns import TableRow
from workledger.projections.engine.narrowing import Narrowing
from workledger.projections.engine.types import JsonType, MomentType

R = TypeVar("R", bound=TableRow | dict[str, Any])
Query: TypeAlias = "sa.Select[*tuple[Any, ...]]"
"""A query of any columns."""
Queries: TypeAlias = "sa.Select[*tuple[Any, ...]] | sa.CompoundSelect[*tuple[Any, ...]]"
"""One query, or several of the same columns one after the other."""

Process = Callable[[Any], Any]


class Plan:
    """A statement in the SQL of one database.

    Attributes:
        sql: with its parameters in that database's positional form.
    """

    def __init__(self, query: Queries, dialect: sa.Dialect) -> None:
        compiled: Any = query.compile(dialect=dialect)
        asked_for = {name: None for name, parameter in compiled.binds.items() if parameter.required}
        expanded = compiled.construct_expanded_state(
            asked_for
        )  # a list that is looked in is a parameter for each value
        self.sql = str(expanded.statement)
        self._given: Mapping[str, Any] = expanded.parameters
        processors = {name: _bound(parameter, dialect) for name, parameter in compiled.binds.items()}
        processors.update(expanded.processors)
        self._parameters = [(name, processors.get(name)) for name in expanded.positiontup]
        self._names = [str(column.key) for column in query.selected_columns]
        self._processed = _processes(query, dialect, as_text=False)
        self._as_text = _processes(query, dialect, as_text=True)

    def arguments(self, parameters: Mapping[str, Any]) -> list[Any]:
        """The parameters as the driver takes them, in their order."""
        given = {**self._given, **parameters}
        return [process(given[name]) if process else given[name] for name, process in self._parameters]

    def rows(self, found: Sequence[tuple[Any, ...]], *, as_text: bool = False) -> list[dict[str, Any]]:
        """What the driver returned, as dictionaries of the values that the columns' types promise.

        Args:
            as_text: JSON stays the text that it is in the database, as an `orjson.Fragment`, and so do moments where
                they are stored as RFC 3339 has them.
        """
        names, processed = self._names, self._as_text if as_text else self._processed
        rows = [dict(zip(names, one, strict=True)) for one in found]
        for row in rows:
            for name, process in processed:
                if row[name] is not None:
                    row[name] = process(row[name])
        return rows


class Statement(Generic[R]):
    """A query that is built once, with a `sa.bindparam` for each of its parameters.

    Args:
        query: of the columns of `row`.
        row: the TypedDict of its rows, if they have one.
        narrowings: further conditions, by which of its parameters are given. Each choice of them is a plan of its own,
            made when it is first asked for.

    Raises:
        TypeError: the query does not select the columns of `row`.
    """

    @overload
    def __init__(self, query: Query, row: type[R], *narrowings: Narrowing) -> None: ...

    @overload
    def __init__(self, query: Queries, row: type[R]) -> None: ...

    @overload
    def __init__(self: "Statement[dict[str, Any]]", query: Query, row: None, *narrowings: Narrowing) -> None: ...

    @overload
    def __init__(self: "Statement[dict[str, Any]]", query: Queries) -> None: ...

    def __init__(self, query: Any, row: type[Any] | None = None, *narrowings: Narrowing) -> None:
        self.query: Queries = query
        if row is not None:
            check(query, row)
        self._narrowings = narrowings
        self._plans: dict[tuple[str, tuple[bool, ...]], Plan] = {}

    def plan(self, dialect: sa.Dialect, given: Mapping[str, Any] = MappingProxyType({})) -> Plan:
        """The statement for a database, and for those parameters that are not None."""
        choice = tuple([given.get(one.parameter) is not None for one in self._narrowings])
        plan = self._plans.get((dialect.name, choice))
        if plan is None:
            plan = self._plans[dialect.name, choice] = Plan(self._narrowed(choice), dialect)
        return plan

    def _narrowed(self, choice: tuple[bool, ...]) -> Queries:
        query: Any = self.query
        for narrowing, is_given in zip(self._narrowings, choice, strict=True):
            query = query.where(narrowing.condition(is_given))
        return query  # type: ignore[no-any-return]


def check(query: Queries, row: type[Any]) -> None:
    """
    Raises:
        TypeError: the query does not select the columns of `row`.
    """
    selected = [column.key for column in query.selected_columns]
    if {*selected} != row.__required_keys__:
        raise TypeError(f"{row.__name__} is not what is selected: {', '.join(map(str, selected))}")


def _bound(parameter: sa.BindParameter[Any], dialect: sa.Dialect) -> Process | None:
    return parameter.type.dialect_impl(dialect).bind_processor(dialect)


def _processes(query: Queries, dialect: sa.Dialect, *, as_text: bool) -> list[tuple[str, Process]]:
    """What makes values of what the driver returns, by column; none where it is the value itself."""
    found = [(str(column.key), _returned(column.type, dialect, as_text)) for column in query.selected_columns]
    return [(name, process) for name, process in found if process is not None]


def _returned(type_: sa.types.TypeEngine[Any], dialect: sa.Dialect, as_text: bool) -> Process | None:
    if isinstance(type_, JsonType):
        return orjson.Fragment if as_text else orjson.loads
    if as_text and isinstance(type_, MomentType) and dialect.name != "postgresql":
        return None
    return type_.dialect_impl(dialect).result_processor(dialect, None)
