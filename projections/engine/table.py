"""A read table: a row model whose columns say which events set them.

One class is the table, its projector and the model of its rows. What the rules cannot say is a plain function
beside it, registered with FOLDS (it yields changes) or BARRIERS (it acts on the tables at that very event).
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, ParamSpec, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import sqlalchemy as sa

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.types import COLUMN_TYPES, JsonType, Logged, LoggedType

P = ParamSpec("P")
R = TypeVar("R")
Kind = type[Event]
ABSENT = object()
"""What a rule's function gives when the event says nothing about the column."""


class Rule:
    """How events set a column."""

    def __init__(self, *events: Kind) -> None:
        self.topics = tuple(event.TOPIC for event in events)

    def __repr__(self) -> str:
        return f"{type(self).__name__}{sorted((name, _plain(value)) for name, value in vars(self).items())}"


class From(Rule):
    """The event's field of the same name (or `field`), or what `by` makes of it; a field that a patch event left out
    leaves the column alone."""

    def __init__(self, *events: Kind, field: str | None = None, by: Callable[[Any], Any] | None = None) -> None:
        super().__init__(*events)
        self.field, self.by = field, by


class Tag(Rule):
    """The id that the event is tagged with; for key columns, of all events whose own stream is another's."""

    def __init__(self, name: str, *events: Kind) -> None:
        super().__init__(*events)
        self.name = name


class Stream(Rule):
    """The id of the stream, of events that are of the row's own stream."""


class Version(Rule):
    """The version of the event in its stream."""


class When(Rule):
    """The moment of the event; with `only`, of those whose field of that name is true."""

    def __init__(self, *events: Kind, only: str | None = None) -> None:
        super().__init__(*events)
        self.only = only


class Becomes(Rule):
    """A constant for each kind of event, or what a function makes of its payload."""

    def __init__(self, values: Mapping[Kind, Any]) -> None:
        super().__init__(*values)
        self.values = {event.TOPIC: value for event, value in values.items()}

    def __repr__(self) -> str:
        return f"Becomes{ {topic: _plain(value) for topic, value in self.values.items()} }"


class Position(Rule):
    """The position of the event in the log."""


class Constant(Rule):
    """The same for all events."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Sum(Rule):
    """Adds the event's field, or the number that `by` makes of it."""

    def __init__(self, field: str, *events: Kind, by: Callable[[Any], int] | None = None) -> None:
        super().__init__(*events)
        self.field, self.by = field, by


class Count(Rule):
    """Adds one."""


@dataclass(frozen=True)
class References:
    """The row goes, or the column is set to null, when the row it points to goes (DOMAIN.md 3.5)."""

    table: str
    on_delete: str
    """`cascade` or `null`."""


@dataclass(frozen=True)
class Column:
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
        return any(isinstance(rule, Sum | Count) for rule in self.rules)


@dataclass(slots=True)
class Change:
    """What a plain function asks for: set and add to columns of the row with that key, or let it go."""

    key: Any
    set: dict[str, Any] = field(default_factory=dict)
    add: dict[str, int] = field(default_factory=dict)
    gone: bool = False


Fold = Callable[[Scanned, Mapping[str, Any], Mapping[str, str]], Iterable[Change]]
"""(row of the log, payload, tags) → changes."""
Barrier = Callable[[Any, Mapping[str, Any]], None]
"""(table set, payload): called with everything before the event written."""


class Table:
    """Declare a subclass with annotated columns.

    Class arguments:
        name: of the table.
        group: tables of one group share a checkpoint, and agree.
        born: the events that begin a row; none when a row begins with whatever first touches it.
        renews: those among them that may come when the row is there, and then replace it.
        dies: the events that end it.
        key: the columns that name a row.
        indexes: column lists, such as `"project_id, rank"`; a leading `unique ` makes it unique.
        stamped: whether it has created_at, updated_at, version and last_position.
    """

    NAME: ClassVar[str]
    GROUP: ClassVar[str]
    BORN: ClassVar[tuple[str, ...]]
    RENEWS: ClassVar[tuple[str, ...]]
    DIES: ClassVar[tuple[str, ...]]
    KEY: ClassVar[tuple[str, ...]]
    INDEXES: ClassVar[tuple[str, ...]]
    STAMPED: ClassVar[bool]
    COLUMNS: ClassVar[dict[str, Column]]
    AT: ClassVar[dict[str, int]]
    """Where each column is in a row of the engine; the amounts that are added follow the columns (see AMOUNT_AT)."""
    AMOUNT_AT: ClassVar[dict[str, int]]
    table: ClassVar[sa.Table]
    c: ClassVar[Any]
    FOLDS: ClassVar[dict[Kind, Fold]] = {}
    BARRIERS: ClassVar[dict[Kind, Barrier]] = {}
    METADATA: ClassVar[sa.MetaData] = sa.MetaData()

    def __init_subclass__(
        cls,
        *,
        name: str,
        group: str,
        born: tuple[Kind, ...] = (),
        renews: tuple[Kind, ...] = (),
        dies: tuple[Kind, ...] = (),
        key: tuple[str, ...] = ("id",),
        indexes: tuple[str, ...] = (),
        stamped: bool = True,
    ) -> None:
        super().__init_subclass__()
        cls.NAME, cls.GROUP, cls.KEY, cls.INDEXES, cls.STAMPED = name, group, key, indexes, stamped
        cls.BORN = tuple(event.TOPIC for event in born)
        cls.RENEWS = tuple(event.TOPIC for event in renews)
        cls.DIES = tuple(event.TOPIC for event in dies)
        hints = get_type_hints(cls, include_extras=True)
        own = (name for name in cls.__annotations__ if get_origin(hints[name]) is not ClassVar)
        cls.COLUMNS = {name: _column(name, hints[name]) for name in own}
        if stamped:
            stamps = get_type_hints(Stamps, include_extras=True)
            cls.COLUMNS |= {name: _column(name, hint) for name, hint in stamps.items()}
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
        """The same table under another name, such as the shadow it is rebuilt in."""
        return cls.table if name == cls.NAME else cls._make(sa.MetaData(), name)

    @classmethod
    def fingerprint(cls) -> str:
        """Changes whenever the table, or what its rows are made from, is declared differently."""
        functions = sorted(kind.TOPIC for kind in {**cls.FOLDS, **cls.BARRIERS})
        columns = list(cls.COLUMNS.values())
        declared = (cls.NAME, cls.BORN, cls.RENEWS, cls.DIES, cls.KEY, cls.INDEXES, columns, functions, REVISION)
        return hashlib.sha256(repr(declared).encode()).hexdigest()[:16]

    @classmethod
    def removed(cls, table_set: Any, rows: list[Mapping[str, Any]]) -> None:
        """Called when a delete took rows of this table away."""


class Stamps:
    """The columns that stamped tables end with."""

    created_at: datetime
    updated_at: datetime
    version: int
    last_position: int


REVISION = 2
"""Raised when the engine itself comes to write rows differently."""


def _column(name: str, hint: Any) -> Column:
    metadata = getattr(hint, "__metadata__", ())
    bare = hint.__origin__ if metadata else hint
    kinds = get_args(bare) if get_origin(bare) in (Union, UnionType) else (bare,)
    [kind] = [get_origin(one) or one for one in kinds if one is not NoneType]
    rules = tuple(one for one in metadata if isinstance(one, Rule))
    return Column(
        name=name,
        type=_logged(name, rules) if kind is Logged else COLUMN_TYPES[kind],
        nullable=NoneType in kinds,
        rules=rules,
        references=next((one for one in metadata if isinstance(one, References)), None),
    )


def _logged(name: str, rules: tuple[Rule, ...]) -> LoggedType:
    return LoggedType((topic, rule.field or name) for rule in rules if isinstance(rule, From) for topic in rule.topics)


def once(function: Callable[P, R]) -> Callable[P, R]:
    """What a function makes of a table is worked out once."""
    return cast(Callable[P, R], cache(function))


def utf8_bytes(text: str) -> int:
    """The size of a text."""
    return len(text.encode())


def _plain(value: Any) -> Any:
    return getattr(value, "__name__", "function") if callable(value) else value
