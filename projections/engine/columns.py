"""The columns of a read table, taken from the TypedDict that its rows are declared as."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import sqlalchemy as sa

from workledger.projections.engine.rules import Count, Logged, References, Rule, Sum
from workledger.projections.engine.types import COLUMN_TYPES, JsonType, LoggedType

if sys.version_info >= (3, 12):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict  # pydantic, and so a response model of FastAPI, takes no other before 3.12


class TableRow(TypedDict):
    """The base of the rows of a read table. Each key is a column: its type is what readers get, and `Annotated` adds
    the rules that set it: `title: Annotated[str, From(TaskCreated)]`.

    A type in COLUMN_TYPES has its column type; another is named among the rules (see types.Dollars).
    """


class Stamped(TableRow):
    """A row that says when, by which version of its stream, and by which position of the log it changed. The engine
    sets these four columns, which come last."""

    created_at: datetime
    updated_at: datetime
    version: int
    last_position: int


@dataclass(frozen=True)
class Column:
    """A column of a read table.

    Attributes:
        nullable: whether null fits; of a logged column, whether a row may begin without it.
    """

    name: str
    type: Any
    nullable: bool
    rules: tuple[Rule, ...]
    references: References | None

    def __repr__(self) -> str:
        return f"{self.name} {type(self.type).__name__} {self.nullable} {self.rules} {self.references}"

    @property
    def is_json(self) -> bool:
        return isinstance(self.type, JsonType)

    @property
    def is_logged(self) -> bool:
        return isinstance(self.type, LoggedType)

    @property
    def adds(self) -> bool:
        """Whether events add to it."""
        return any(isinstance(rule, Sum | Count) for rule in self.rules)


STAMPS = get_type_hints(Stamped)


def columns_of(row: type[TableRow], born: Sequence[str]) -> dict[str, Column]:
    """The columns of a row, by name, in the order in which they are declared; stamps come last.

    Args:
        born: the topics that begin a row.

    Raises:
        TypeError: a column has a type that no column type is known for.
    """
    hints = get_type_hints(row, include_extras=True)
    if is_stamped(row):
        for name in STAMPS:  # what a class inherits comes first in Python
            hints[name] = hints.pop(name)
    return {name: _column(name, hint, born) for name, hint in hints.items()}


def is_stamped(row: type[TableRow]) -> bool:
    """Whether it has the columns of Stamped."""
    return row.__annotations__.items() >= Stamped.__annotations__.items()


def _column(name: str, hint: Any, born: Sequence[str]) -> Column:
    kinds, declared = _taken_apart(hint)
    rules = tuple(one for one in declared if isinstance(one, Rule))
    logged = [(topic, rule.field or name) for rule in rules if isinstance(rule, Logged) for topic in rule.topics]
    return Column(
        name=name,
        type=LoggedType(logged) if logged else _column_type(name, kinds - {NoneType}, declared),
        nullable=not (born and {*born} <= dict(logged).keys()) if logged else NoneType in kinds,
        rules=rules,
        references=next((one for one in declared if isinstance(one, References)), None),
    )


def _taken_apart(hint: Any) -> tuple[set[Any], list[Any]]:
    """The types of a hint, without what they contain, and what it is annotated with."""
    origin = get_origin(hint)
    if origin is Annotated:
        kinds, declared = _taken_apart(hint.__origin__)
        return kinds, [*declared, *hint.__metadata__]
    if origin in (Union, UnionType):
        parts = [_taken_apart(one) for one in get_args(hint)]
        return {kind for kinds, _ in parts for kind in kinds}, [one for _, declared in parts for one in declared]
    if origin is Literal:
        return {type(value) for value in get_args(hint)}, []
    return {origin or hint}, []


def _column_type(name: str, kinds: set[Any], declared: Sequence[Any]) -> Any:
    for one in declared:
        if isinstance(one, sa.types.TypeEngine):
            return one
    if len(kinds) != 1 or not kinds <= COLUMN_TYPES.keys():
        raise TypeError(f"no column type is known for {name}, which is {' or '.join(sorted(map(str, kinds)))}")
    return COLUMN_TYPES[kinds.pop()]
