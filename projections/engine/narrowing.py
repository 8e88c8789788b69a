"""Narrowing: conditions of statements that depend on which of their parameters are given."""

from collections.abc import Collection
from typing import Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class Narrowing(NamedTuple):
    """A condition for when a parameter is given, and one for when it is None; none is True of all rows."""

    parameter: str
    given: sa.ColumnElement[bool]
    missing: sa.ColumnElement[bool] | None = None

    def condition(self, is_given: bool) -> sa.ColumnElement[bool]:
        """What rows must be."""
        if is_given:
            return self.given
        return sa.true() if self.missing is None else self.missing


def optional(column: sa.Column[Any]) -> Narrowing:
    """Rows that have the value of the parameter of the column's name; all rows when it is None."""
    return Narrowing(column.key, column == sa.bindparam(column.key))


def nullable(column: sa.Column[Any]) -> Narrowing:
    """Rows that have the value of the parameter of the column's name; those that have none when it is None, as in SQL
    null equals nothing."""
    return Narrowing(column.key, column == sa.bindparam(column.key), column.is_(None))


def among(column: sa.ColumnElement[Any], parameter: str) -> sa.ColumnElement[bool]:
    """Rows whose text is one of a list. The list is one parameter however long it is, so that the statement is one."""
    given = _Elements(sa.bindparam(parameter, type_=_TextsType())).table_valued("value")
    return column.in_(sa.select(given.c.value))


class _TextsType(TypeDecorator[Collection[str]]):
    """Texts as a JSON array."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Collection[str] | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else orjson.dumps([*value]).decode()


class _Elements(FunctionElement[Any]):
    """The elements of a JSON array of texts, as the table `value`."""

    inherit_cache = True


@compiles(_Elements, "sqlite")
def _of_sqlite(element: _Elements, compiler: Any, **how: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **how)})"


@compiles(_Elements, "postgresql")
def _of_postgres(element: _Elements, compiler: Any, **how: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **how)} AS json))"
