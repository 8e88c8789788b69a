"""Columns and tables of a Codewalkers database: what they hold, and what they refer to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["text", "integer", "boolean", "time", "json", "object", "secret"]


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        kind: `time` is in seconds or milliseconds since 1970, `json` is JSON in text, `object` a JSON object in text,
            `secret` is never taken.
        default: what stands for null; None: null may stand there.
        values: those that an enum has.
        references: the table that it refers to.
        required: its row cannot be taken without it.
        indexed: its text is in an index of a read table, which takes fewer bytes than an event.
        apart: it comes into an event of its own, which its text may fill.
    """

    kind: Kind = "text"
    default: Any = None
    values: tuple[str, ...] = ()
    references: str = ""
    required: bool = False
    indexed: bool = False
    apart: bool = False

    @property
    def is_free(self) -> bool:
        """Whether anything may stand in it, such as a secret; ids and paths stay as they are."""
        return self.kind in ("text", "json", "object") and not (self.values or self.references or self.required)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        key: the columns that tell its rows apart.
        parent: the column that refers to another row of the same table, which comes first.
    """

    columns: dict[str, Column]
    key: tuple[str, ...] = ("id",)
    parent: str = ""
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.columns))

    def references(self) -> Iterator[tuple[str, Column]]:
        """The columns that refer to other rows."""
        return ((name, column) for name, column in self.columns.items() if column.references)


def plain(name: str) -> str:
    """A name of a table or column in one form: `dependsOnPhaseId` and `depends_on_phase_id` are the same."""
    return name.replace("_", "").lower()


def camel(name: str) -> str:
    """The name as Codewalkers' documentation writes it: `dependsOnPhaseId`."""
    first, *rest = name.split("_")
    return first + "".join(one.capitalize() for one in rest)
