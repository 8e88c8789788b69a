"""A read table: a name, the TypedDict of its rows, and the events that begin and end them.

The rules that set its columns stand in the TypedDict (see columns.py). What no rule can say is a plain function: of
FOLDS, which yields changes, or of BARRIERS, which acts on the tables once all that came before the event is written.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, ParamSpec, Protocol, TypeVar, cast

import sqlalchemy as sa

from workledger.domain.kernel.code_digest import digest
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.columns import Column, TableRow, columns_of, is_stamped
from workledger.projections.engine.rules import Kind

P = ParamSpec("P")
R = TypeVar("R")


class WriteTables(Protocol):
    """The physical tables that events are being folded into, in one transaction: the live ones, or shadows of them."""

    connection: sa.Connection

    def __getitem__(self, table: "type[Table]") -> sa.Table: ...


@dataclass(slots=True)
class Change:
    """What a function of FOLDS asks for: to set columns of the row with that key, to add to them, or to delete it."""

    key: Any
    set: dict[str, Any] = field(default_factory=dict)
    add: dict[str, int] = field(default_factory=dict)
    gone: bool = False


Fold = Callable[[Scanned, Mapping[str, Any], Mapping[str, str]], Iterable[Change]]
"""(row of the log, payload, tags) → changes."""
Barrier = Callable[[WriteTables, Scanned, Mapping[str, Any]], None]
"""(tables, row of the log, payload): called when everything before the event is written."""


class Table:
    """A read table is a subclass of it.

    Class arguments:
        row: the TypedDict of its rows, in which each column is declared; one that is Stamped has the stamps too.
        name: of the table.
        born: the events that begin a row; none when any event that sets a column does.
        renews: those of them that may find the row there, and then replace it.
        dies: the events that end it.
        key: the columns that identify a row.
        indexes: column lists, such as `"project_id, rank"`; a leading `unique ` makes it unique.
        revision: of its functions (those of rules, FOLDS and BARRIERS, and `removed`), raised when one comes to make
            other rows. Without it their code is read at every start (see code_digest.py).
    """

    ROW: ClassVar[type[TableRow]]
    NAME: ClassVar[str]
    BORN: ClassVar[tuple[str, ...]]
    RENEWS: ClassVar[tuple[str, ...]]
    DIES: ClassVar[tuple[str, ...]]
    KEY: ClassVar[tuple[str, ...]]
    INDEXES: ClassVar[tuple[str, ...]]
    REVISION: ClassVar[int | None]
    STAMPED: ClassVar[bool]
    COLUMNS: ClassVar[dict[str, Column]]
    AT: ClassVar[dict[str, int]]
    """Where each column is in a row of the engine; the amounts that are added follow the columns (see AMOUNT_AT)."""
    AMOUNT_AT: ClassVar[dict[str, int]]
    table: ClassVar[sa.Table]
    c: ClassVar[sa.ColumnCollection[str, sa.Column[Any]]]
    FOLDS: ClassVar[dict[Kind, Fold]] = {}
    BARRIERS: ClassVar[dict[Kind, Barrier]] = {}
    METADATA: ClassVar[sa.MetaData] = sa.MetaData()

    def __init_subclass__(
        cls,
        *,
        row: type[TableRow],
        name: str,
        born: tuple[Kind, ...] = (),
        renews: tuple[Kind, ...] = (),
        dies: tuple[Kind, ...] = (),
        key: tuple[str, ...] = ("id",),
        indexes: tuple[str, ...] = (),
        revision: int | None = None,
    ) -> None:
        super().__init_subclass__()
        cls.ROW, cls.NAME, cls.KEY, cls.INDEXES, cls.REVISION = row, name, key, indexes, revision
        cls.BORN = tuple(event.TOPIC for event in born)
        cls.RENEWS = tuple(event.TOPIC for event in renews)
        cls.DIES = tuple(event.TOPIC for event in dies)
        cls.COLUMNS, cls.STAMPED = columns_of(row, cls.BORN), is_stamped(row)
        cls.AT = {name: at for at, name in enumerate(cls.COLUMNS)}
        adding = (name for name, column in cls.COLUMNS.items() if column.adds)
        cls.AMOUNT_AT = {name: at for at, name in enumerate(adding, len(cls.COLUMNS))}
        cls.table = cls._make(Table.METADATA, name)
        cls.c = cls.table.c

    @classmethod
    def _make(cls, metadata: sa.MetaData, name: str) -> sa.Table:
        return sa.Table(
            name,
            metadata,
            *(
                sa.Column(
                    column.name,
                    column.type,
                    nullable=column.nullable and column.name not in cls.KEY,
                    server_default="0" if column.adds else None,
                    autoincrement=False,
                )
                for column in cls.COLUMNS.values()
            ),
            sa.PrimaryKeyConstraint(*cls.KEY),
        )

    @classmethod
    @cache
    def named(cls, name: str) -> sa.Table:
        """The same table under another name, such as the shadow that it is rebuilt in."""
        return cls.table if name == cls.NAME else cls._make(sa.MetaData(), name)

    @classmethod
    def fingerprint(cls) -> str:
        """Changes with whatever would make other rows: the declaration, its functions, the engine."""
        columns = list(cls.COLUMNS.values())
        acting = sorted(kind.TOPIC for kind in {**cls.FOLDS, **cls.BARRIERS})
        declared = (cls.NAME, cls.BORN, cls.RENEWS, cls.DIES, cls.KEY, cls.INDEXES, columns, acting)
        functions = cls.functions_digest() if cls.REVISION is None else cls.REVISION
        return hashlib.sha256(repr((*declared, functions, REVISION)).encode()).hexdigest()[:16]

    @classmethod
    def functions_digest(cls) -> str:
        """A digest of the code of its functions; empty when it has none."""
        made = [
            ("rule", digest(one)) for column in cls.COLUMNS.values() for rule in column.rules for one in rule.functions
        ]
        made += sorted((f"fold {kind.TOPIC}", digest(fold)) for kind, fold in cls.FOLDS.items())
        made += sorted((f"barrier {kind.TOPIC}", digest(barrier)) for kind, barrier in cls.BARRIERS.items())
        made += [("removed", digest(cls.removed)) for one in cls.__mro__[:-2] if "removed" in vars(one)]
        return hashlib.sha256(repr(made).encode()).hexdigest()[:16] if made else ""

    @classmethod
    def removed(cls, tables: WriteTables, rows: Sequence[Mapping[str, Any]]) -> None:
        """Called when a delete, or one that cascades, took these rows of this table away."""


REVISION = 2
"""Raised when the engine itself comes to write rows differently."""


def memoised(function: Callable[P, R]) -> Callable[P, R]:
    """Memoise what a function derives from a table, such as a statement. Unlike `cache`, it keeps the signature."""
    return cast(Callable[P, R], cache(function))
