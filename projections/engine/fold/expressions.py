"""Expressions: the Python source of a column's value, as its rule reads it from an event."""

from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import msgspec
import orjson

from workledger.domain.kernel.aggregate import Event
from workledger.projections.engine.columns import Column
from workledger.projections.engine.payloads import TagsCache, defaults, json_bytes, json_text
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
from workledger.projections.engine.types import DollarsType, MomentType, bounded, millionths


class Expressions:
    """Expressions for events of one topic, and what the function around them must provide for them.

    Attributes:
        names: the global names that they use, with their values.
        uses_data: some need `data`, the whole payload as a dictionary.
        uses_id: some need `id`, the id in the stream's name.
    """

    def __init__(self, event: type[Event], *, encoded: bool) -> None:
        self.event, self._encoded = event, encoded
        self.names: dict[str, Any] = {}
        self.uses_data = self.uses_id = False
        self._fields: dict[str, Any] = {}
        self._never_null: set[str] = set()
        self._tags: set[str] = set()

    def value(self, column: Column, rule: Rule) -> tuple[str, str]:
        """The expression, and the name of the value that it has when the event does not set the column ("" when it
        always does)."""
        match rule:
            case Stream():
                self.uses_id = True
                return "id", ""
            case Version():
                return "version", ""
            case Position():
                return "position", ""
            case When(only=None):
                return "at", ""
            case When(only=str(only)):
                return f"(at if {self._field(only)} else {self._absent()})", "ABSENT"
            case Count():
                return "1", ""
            case Tag(name=name):
                self._tags.add(name)
                return f"tags.{name}", ""
            case Becomes(values=values):
                return self._becomes(values, column)
            case Sum():
                return self._sum(rule, column), ""
            case From():
                return self._from(rule, column)
        raise TypeError(f"{column.name} cannot be set by {rule}")

    def name(self, value: Any) -> str:
        """A literal, or else a global name for the value."""
        if value is None or isinstance(value, bool | int | str):
            return repr(value)
        for name, known in self.names.items():
            if known is value:
                return name
        called = getattr(value, "__name__", "")
        # Numbered, so that a function never hides a local variable of the same name.
        name = f"{called if called.isidentifier() else 'constant'}_{len(self.names)}"
        self.names[name] = value
        return name

    def payload_decoder(self) -> Any | None:
        """Decodes the fields that the expressions use, and no others; None when they use none.

        A struct of msgspec is the quickest way to a few fields of a payload: the rest is skipped, not built.
        """
        if not self._fields:
            return None
        shape = [(name, *self._type_and_default(name)) for name in self._fields]
        return msgspec.json.Decoder(msgspec.defstruct("Payload", shape, gc=False)).decode

    def tags_decoder(self) -> TagsCache | None:
        """Decodes the tags that the expressions use; None when they use none."""
        if not self._tags:
            return None
        shape = [(name, str | None, None) for name in sorted(self._tags)]
        return TagsCache(msgspec.json.Decoder(msgspec.defstruct("Tags", shape, gc=False)).decode)

    def _becomes(self, values: Mapping[str, Any], column: Column) -> tuple[str, str]:
        value = values[self.event.TOPIC]
        if callable(value):
            self.uses_data = True
            expression = f"{self.name(value)}(data)"
            self._absent()
            if column.is_json:
                self.names["to_json"] = self.as_json
                expression = f"to_json({expression})"
            return expression, "ABSENT"
        return self.name(self.as_json(value) if column.is_json else value), ""

    def _sum(self, rule: Sum, column: Column) -> str:
        if rule.by is not None:
            return f"{self.name(rule.by)}({self._field(rule.field)})"
        field = self._field(rule.field, _type_of(column))
        if isinstance(column.type, DollarsType):
            self.names["millionths"] = millionths
            return f"(millionths({field}) if {field} else 0)"
        self.names["bounded"] = bounded
        return f"bounded({field})"

    def _from(self, rule: From, column: Column) -> tuple[str, str]:
        if column.is_logged:
            return "position", ""
        name = rule.field or column.name
        if column.is_json:
            # Stored as the text it is in the log: decoding and encoding it again would be most of the work.
            field = self._field(name, msgspec.Raw)
            self.names |= {"UNSET": msgspec.UNSET, "raw_json": json_bytes if self._encoded else json_text}
            return f"({self._absent()} if {field} is UNSET else raw_json({field}))", "ABSENT"
        if rule.by is not None:
            return f"{self.name(rule.by)}({self._field(name)})", ""
        field = self._field(name, _type_of(column))
        if not column.nullable:
            self._never_null.add(name)
        if isinstance(column.type, DollarsType):
            self.names["millionths"] = millionths
            return f"(millionths({field}) if {field} or {field} == 0 else {self._absent()})", "ABSENT"
        if self.event.PATCH:
            self.names["UNSET"] = msgspec.UNSET
            return field, "UNSET"
        return field, ""

    def _absent(self) -> str:
        self.names["ABSENT"] = ABSENT
        return "ABSENT"

    def _field(self, name: str, kind: Any = Any) -> str:
        """A field of the payload, decoded as that type: a value that does not fit its column fails here, the same on
        every database, before anything is written."""
        known = self._fields.setdefault(name, kind)
        if (known is msgspec.Raw) is not (kind is msgspec.Raw):
            raise TypeError(f"{name} of {self.event.TOPIC} is both stored as JSON and read")
        if kind is not Any:
            self._fields[name] = kind
        return f"payload.{name}"

    def _type_and_default(self, name: str) -> tuple[Any, Any]:
        """A field that a payload lacks was not changed by a patch event; else it was added later, and has a default."""
        kind, optional = self._fields[name], defaults(self.event)
        if kind is msgspec.Raw:
            return kind, msgspec.Raw(orjson.dumps(optional[name])) if name in optional else msgspec.UNSET
        default: Any = msgspec.UNSET if self.event.PATCH else optional.get(name)
        if isinstance(default, list | dict):
            default = msgspec.field(default_factory=partial(deepcopy, default))
        return kind if name in self._never_null else kind | None, default

    def as_json(self, value: Any) -> Any:
        """What a JSON column stores of a value."""
        if value is None or value is ABSENT:
            return value
        encoded = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        return encoded if self._encoded else encoded.decode()


def _type_of(column: Column) -> Any:
    """The type of a field that sets a column, or is added to it."""
    match column.type:
        case DollarsType():
            return float
        case MomentType():
            return str
    return column.type.python_type
