"""The compiler: it writes, for each kind of event, the function that folds it into a batch, and nothing more.

What a rule needs is read straight from the payload's text: only the fields that are named are decoded, JSON that is
only kept passes through as the text it is, and tags are looked at where a rule asks for them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import orjson

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes, apply, blank
from workledger.projections.engine.columns import Column
from workledger.projections.engine.fold.plan import Step, Steps
from workledger.projections.engine.payloads import Remembered, json_bytes, json_text, upcast
from workledger.projections.engine.rules import (
    ABSENT,
    Becomes,
    Count,
    From,
    Position,
    Rule,
    Stream,
    Sum,
    Tag,
    Version,
    When,
)
from workledger.projections.engine.table import Table
from workledger.projections.engine.types import DollarsType, MomentType, millionths

Folding = Callable[[tuple[Any, ...], Sequence[Changes]], None]
"""(row as Store.scan gives it, the changes of each table of the group) → nothing; it writes into the changes."""


class RowExists(Exception):
    """An event would begin a row that has been begun."""


def compile_folding(steps: Steps, tables: Sequence[type[Table]], *, encoded: bool) -> Folding:
    """The function that folds one kind of event into the tables of a group.

    Args:
        encoded: payloads are bytes, and JSON that is kept stays bytes; otherwise both are text.
    """
    return _Source(steps, tables, encoded=encoded).compiled()


class _Source:
    """The source of one function, and the names that it knows."""

    def __init__(self, steps: Steps, tables: Sequence[type[Table]], *, encoded: bool) -> None:
        self.steps, self.event, self.tables, self.encoded = steps, steps.event, tables, encoded
        self.names: dict[str, Any] = {"ABSENT": ABSENT, "UNSET": msgspec.UNSET, "millionths": millionths}
        self.names["kept"] = json_bytes if encoded else json_text
        self.names["RowExists"] = RowExists
        self.fields: dict[str, Any] = {}
        self.never_null: set[str] = set()
        self.tags: set[str] = set()
        self.uses_data, self.names_stream = bool(steps.folds), False
        self.lines: list[str] = []

    def compiled(self) -> Folding:
        for step in self.steps.steps:
            self._step(step)
        for table, fold in self.steps.folds:
            self.names |= {"Scanned": Scanned, "apply": apply}
            said = f"{self._name(fold)}(Scanned._make(row), data, all_tags)"
            self._write(f"for change in {said}:")
            self._write(f"    apply({self._name(table)}, batch[{self.tables.index(table)}], change)")
        source = "\n    ".join([*self._head(), *self.lines, "return None"])
        exec(compile(source, f"<fold of {self.event.TOPIC}>", "exec"), self.names)  # noqa: S102
        return self.names["fold"]  # type: ignore[no-any-return]

    def _head(self) -> list[str]:
        head = ["def fold(row, batch):", "position, stream, version, topic, schema_version, at, tags, data = row"]
        if self.fields or self.uses_data:
            self.names |= {"upcast": upcast, "event": self.event}
            head.append(f"if schema_version != {self.event.VERSION}: data = upcast(event, data, schema_version)")
        if self.fields:
            default = msgspec.UNSET if self.event.PATCH else None
            shape = [
                (name, kind, msgspec.UNSET)
                if kind is msgspec.Raw
                else (name, kind if name in self.never_null else kind | None, default)
                for name, kind in self.fields.items()
            ]
            self.names["payload_of"] = msgspec.json.Decoder(msgspec.defstruct("Payload", shape, gc=False)).decode
            head.append("payload = payload_of(data)")
        if self.uses_data:
            self.names["loads"] = orjson.loads
            head += ["data = loads(data)", "all_tags = loads(tags)"]
        if self.tags:
            shape = [(name, str | None, None) for name in sorted(self.tags)]
            decode = msgspec.json.Decoder(msgspec.defstruct("Tags", shape, gc=False)).decode
            self.names["tags_of"] = Remembered(decode)
            head.append("tags = tags_of[tags]")
        if self.names_stream:
            head.append("id = stream.partition('-')[2]")
        return head

    def _step(self, step: Step) -> None:
        at = self.tables.index(step.table)
        key = [self._value(replace(column, nullable=True), rule)[0] for column, rule in step.key]
        self._write(f"key = {key[0] if len(key) == 1 else '(' + ', '.join(key) + ')'}")
        self._write("if key is not None:")
        self._write(f"    new, changed, gone = batch[{at}]")
        if step.dies:
            self._write("    new.pop(key, None); changed.pop(key, None); gone[key] = None")
        elif step.born:
            self._born(step)
        else:
            self._touched(step)

    def _born(self, step: Step) -> None:
        """The row is written as one list."""
        values = ["None"] * len(step.table.COLUMNS) + ["0"] * len(step.table.AMOUNT_AT)
        many = len(step.table.KEY) > 1
        for nth, name in enumerate(step.table.KEY):
            values[step.table.AT[name]] = f"key[{nth}]" if many else "key"
        for column, rule in step.sets:
            code, absent = self._value(column, rule)
            if absent:
                local = f"value_{column.name}"
                self._write(f"    {local} = {code}")
                code = f"None if {local} is {absent} else {local}"
            values[step.table.AT[column.name]] = code
        for column, rule in step.adds:
            values[step.table.AMOUNT_AT[column.name]] = self._value(column, rule)[0]
        renews = self.event.TOPIC in step.table.RENEWS
        if renews:
            self._write("    if key not in new: gone[key] = None")
        self._write(f"    values = [{', '.join(values)}]")
        if renews:
            self._write("    new[key] = values")
        else:
            self._write("    if new.setdefault(key, values) is not values: raise RowExists(key)")
        self._write("    if changed: changed.pop(key, None)")

    def _touched(self, step: Step) -> None:
        begin = f"values = changed[key] = {self._name(blank(step.table))}[:]"
        if step.table.BORN:
            self._write("    values = new.get(key)")
            self._write("    if values is None: values = changed.get(key)")
            self._write(f"    if values is None and key not in gone: {begin}")
        else:
            self._write("    values = changed.get(key)")
            self._write(f"    if values is None: {begin}")
        self._write("    if values is not None:")
        for column, rule in step.sets:
            code, absent = self._value(column, rule)
            amount = step.table.AMOUNT_AT.get(column.name)
            target = f"values[{step.table.AT[column.name]}] = "
            if amount is not None:
                target = f"values[{amount}] = 0; {target}"
            if absent:
                self._write(f"        value = {code}")
                self._write(f"        if value is not {absent}: {target}value")
            else:
                self._write(f"        {target}{code}")
        for column, rule in step.adds:
            self._write(f"        values[{step.table.AMOUNT_AT[column.name]}] += {self._value(column, rule)[0]}")
        if not step.sets and not step.adds:
            self._write("        pass")

    def _value(self, column: Column, rule: Rule) -> tuple[str, str]:
        """An expression, and what it gives when the event says nothing about the column, if that can be."""
        match rule:
            case Stream():
                self.names_stream = True
                return "id", ""
            case Version():
                return "version", ""
            case Position():
                return "position", ""
            case When(only=None):
                return "at", ""
            case When(only=str(only)):
                return f"(at if {self._field(only)} else ABSENT)", "ABSENT"
            case Count():
                return "1", ""
            case Tag(name=name):
                self.tags.add(name)
                return f"tags.{name}", ""
            case Becomes(values=values):
                return self._becomes(values, column)
            case Sum():
                return self._summed(rule, column), ""
            case From():
                return self._from(rule, column)
        raise TypeError(f"{column.name} cannot be set by {rule}")

    def _becomes(self, values: Mapping[str, Any], column: Column) -> tuple[str, str]:
        made = values[self.event.TOPIC]
        if callable(made):
            self.uses_data = True
            value = f"{self._name(made)}(data)"
            if column.is_json:
                value = f"{self._name(self._json)}({value})"
            return value, "ABSENT"
        return self._name(self._json(made) if column.is_json else made), ""

    def _summed(self, rule: Sum, column: Column) -> str:
        if rule.by is not None:
            return f"{self._name(rule.by)}({self._field(rule.field)})"
        field = self._field(rule.field, _type_of(column))
        return f"(millionths({field}) if {field} else 0)" if isinstance(column.type, DollarsType) else f"({field} or 0)"

    def _from(self, rule: From, column: Column) -> tuple[str, str]:
        if column.is_logged:
            return "position", ""
        if column.is_json:
            field = self._field(rule.field or column.name, msgspec.Raw)
            return f"(ABSENT if {field} is UNSET else kept({field}))", "ABSENT"
        if rule.by is not None:
            return f"{self._name(rule.by)}({self._field(rule.field or column.name)})", ""
        field = self._field(rule.field or column.name, _type_of(column))
        if not column.nullable:
            self.never_null.add(rule.field or column.name)
        if isinstance(column.type, DollarsType):
            return f"(millionths({field}) if {field} or {field} == 0 else ABSENT)", "ABSENT"
        return field, "UNSET" if self.event.PATCH else ""

    def _field(self, name: str, kind: Any = Any) -> str:
        """The field, which is to be of that type: what does not fit a column is found out before it is written."""
        known = self.fields.setdefault(name, kind)
        if (known is msgspec.Raw) is not (kind is msgspec.Raw):
            raise TypeError(f"{name} of {self.event.TOPIC} is both kept as JSON and read")
        if known is Any:
            self.fields[name] = kind
        elif kind not in (known, Any):
            raise TypeError(f"{name} of {self.event.TOPIC} is read as two types")
        return f"payload.{name}"

    def _name(self, value: Any) -> str:
        """The name under which the function finds a value; those that have a literal are written as it."""
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        name = f"known_{len(self.names)}"
        self.names[name] = value
        return name

    def _json(self, value: Any) -> Any:
        """A JSON column's value as JSON."""
        if value is None or value is ABSENT:
            return value
        made = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return made if self.encoded else made.decode()

    def _write(self, line: str) -> None:
        self.lines.append(line)


def _type_of(column: Column) -> Any:
    """The type of a field that sets a column, or is added to it."""
    match column.type:
        case DollarsType():
            return float
        case MomentType():
            return str
    return column.type.python_type
