"""Rows of a Codewalkers database: their values, what was wrong with them, and what has changed since."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from workledger.adapters.codewalkers.columns import camel
from workledger.adapters.codewalkers.database import Database
from workledger.adapters.codewalkers.lookups import COUNTED, look_up
from workledger.adapters.codewalkers.marks import changed, marks_of
from workledger.adapters.codewalkers.order import arrange
from workledger.adapters.codewalkers.schema import TABLES
from workledger.adapters.codewalkers.sizes import fit
from workledger.adapters.codewalkers.values import value_of
from workledger.adapters.importing import Report
from workledger.adapters.redaction import Redact
from workledger.adapters.redaction.events import is_id


@dataclass(frozen=True)
class Row:
    """A row.

    Attributes:
        key: its id, or the ids that it links, with a blank between.
        values: by column, and by the names of what was looked up for it (see lookups.py).
        marks: of its columns as they are now; `changed` has those that differ from the last import, None for all.
        faults: what was wrong with it, for the closing line.
        shortened: texts that were cut to size.
        redacted: secrets that were not taken.
    """

    table: str
    key: str
    values: Mapping[str, Any]
    marks: str
    changed: frozenset[str] | None
    faults: tuple[str, ...] = ()
    shortened: int = 0
    redacted: int = 0

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def place(self) -> str:
        return f"{self.table}:{self.key}"

    @property
    def created_at(self) -> datetime:
        return self.values.get("created_at") or self.values.get("updated_at") or NOW

    @property
    def updated_at(self) -> datetime:
        return self.values.get("updated_at") or self.created_at

    def has_changed(self, *names: str) -> bool:
        """Whether one of these columns differs from what was imported before."""
        return self.changed is None or not self.changed.isdisjoint(names)

    def amended(self, fault: str, **values: Any) -> "Row":
        """The row with other values, because of a fault."""
        return replace(self, values={**self.values, **values}, faults=(*self.faults, fault))

    def tell(self, report: Report) -> None:
        """Report what was wrong with it."""
        for fault in self.faults:
            report.skip(fault, self.place)
        report.shortened += self.shortened
        report.redacted += self.redacted


FREE = {
    table: tuple(name for name, column in known.columns.items() if column.is_free and not is_id(name))
    for table, known in TABLES.items()
}
"""The columns that secrets are taken from, by table."""


def marked_names(table: str, lookups: Sequence[str]) -> tuple[str, ...]:
    """The names of what is marked of a table's rows."""
    return (*TABLES[table].names, *(name for name in lookups if name in COUNTED))


NOW = datetime.now(UTC)
"""The time of rows that have none."""


@dataclass
class Rows:
    """The rows of one table that are new or have changed, a page at a time.

    Attributes:
        report: told of rows that lack what they cannot be without.
        redact: takes secrets from texts.
        lookups: what is looked up for each row.
        order: see order.py.
        marked: whether they have marks.
        unchanged: how many are as they were imported.
    """

    database: Database
    table: str
    report: Report
    redact: Redact | None = None
    lookups: tuple[str, ...] = ()
    order: str = ""
    marked: bool = True
    unchanged: int = 0

    def pages(self) -> Iterator[tuple[list[Row], int]]:
        """The rows of a page that are new or have changed, and how many were read; parents come before what is below
        them."""
        arrange(self.database, self.table, self.order)
        for page in self.database.pages(self._statement()):
            yield [row for raw in page if (row := self._row(raw)) is not None], len(page)

    def _statement(self) -> str:
        name, table, database = self.table, TABLES[self.table], self.database
        names = {column: database.column(name, column, "t.") for column in table.names}
        key = " || ' ' || ".join(names[column] for column in table.key)
        dangling = [
            f'{names[one]} is not null and {names[one]} not in (select id from temp."ids of {to.references}")'  # noqa: S608
            for one, to in table.references()
        ]
        for lookup in self.lookups:
            look_up(database, lookup)
        looked_up = [f'(select value from temp."{lookup}" l where l.key = {key})' for lookup in self.lookups]  # noqa: S608
        return (
            f"select {', '.join([*names.values(), *looked_up, *dangling, 'o.circle', 'k.marks'])}"  # noqa: S608
            f" from temp.arranged o cross join {database.name(name)} t on t.{database.place(name)} = o.at"
            f" left join temp.known k on k.of = '{name}' and k.key = {key} order by o.position"
        )

    def _row(self, raw: tuple[Any, ...]) -> Row | None:
        table, names = TABLES[self.table], (*TABLES[self.table].names, *self.lookups)
        marked = marked_names(self.table, self.lookups)
        marks = marks_of([one for name, one in zip(names, raw, strict=False) if name in marked]) if self.marked else ""
        *dangling, circle, before = raw[len(names) :]
        if marks and marks == before:
            self.unchanged += 1
            return None
        told = dict(zip(names, raw, strict=False))
        faults = []
        for (name, _), missing in zip(table.references(), dangling, strict=True):
            if missing:
                faults.append(self._fault(name, "rows that are not there"))
                told[name] = None
        if circle:
            faults.append(self._fault(table.parent, "rows in a circle"))
            told[table.parent] = None
        if any(told[name] is None for name, column in table.columns.items() if column.required):
            for fault in faults or [f"{self.table} without an id"]:
                self.report.skip(
                    f"{fault} (left out)", f"{self.table}:{' '.join(str(raw[names.index(one)]) for one in table.key)}"
                )
            return None
        values = {name: self._value(name, told[name], faults) for name in table.names}
        if self.redact is not None:
            free = {name: values[name] for name in FREE[self.table] if values[name]}
            values |= cast(dict[str, Any], self.redact(free)) if free else {}
        return Row(
            table=self.table,
            key=" ".join(values[name] for name in table.key),
            shortened=fit(table.columns, values),
            values={**values, **{name: told[name] for name in self.lookups}},
            marks=marks,
            changed=None if before is None else changed(before, marks, marked),
            faults=tuple(faults),
            redacted=sum(column.kind == "secret" and told[name] is not None for name, column in table.columns.items()),
        )

    def _value(self, name: str, raw: Any, faults: list[str]) -> Any:
        column = TABLES[self.table].columns[name]
        return value_of(column, raw, lambda fault: faults.append(self._fault(name, fault)))

    def _fault(self, name: str, fault: str) -> str:
        return f"{self.table}.{camel(name)}: {fault}"
