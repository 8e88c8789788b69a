"""The plan of a group: what each kind of event does to its tables, worked out once from their declarations."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from workledger.domain.kernel import Event
from workledger.domain.recorded import Row
from workledger.projections.table import (
    ABSENT,
    Barrier,
    Becomes,
    Column,
    Count,
    Fold,
    From,
    Rule,
    Stream,
    Sum,
    Table,
    Tag,
    Version,
    When,
)
from workledger.projections.types import DollarsType, millionths

Payload = dict[str, Any]
Tags = dict[str, str]
Value = Callable[[Row, Payload, Tags], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What one kind of event does to one table."""

    table: type[Table]
    key: Value
    born: bool
    dies: bool
    sets: Sequence[tuple[str, Value]]
    adds: Sequence[tuple[str, Value]]


@dataclass(frozen=True, slots=True)
class Steps:
    """What one kind of event does to all the tables of a group."""

    event: type[Event]
    steps: Sequence[Step]
    folds: Sequence[tuple[type[Table], Fold]]
    barriers: Sequence[Barrier]


def compile_plan(tables: Iterable[type[Table]]) -> dict[str, Steps]:
    """Steps by topic; topics that change nothing are not in it."""
    tables = tuple(tables)
    plan = {topic: _steps(topic, event, tables) for topic, event in Event.TOPICS.items()}
    return {topic: steps for topic, steps in plan.items() if steps.steps or steps.folds or steps.barriers}


def _steps(topic: str, event: type[Event], tables: Sequence[type[Table]]) -> Steps:
    return Steps(
        event,
        [step for table in tables if (step := _step(topic, table)) is not None],
        [(table, table.FOLDS[event]) for table in tables if event in table.FOLDS],
        [table.BARRIERS[event] for table in tables if event in table.BARRIERS],
    )


def _step(topic: str, table: type[Table]) -> Step | None:
    born, dies = topic in table.BORN, topic in table.DIES
    own = topic.partition(".")[0] == _category(table)
    ruled = [(column, rule) for column in table.COLUMNS.values() for rule in column.rules if topic in rule.topics]
    if not (ruled or born or dies or (own and _stamps_its_stream(table))):
        return None
    ruled = [(column, rule) for column, rule in ruled if column.name not in table.KEY]
    sets = [(column.name, _value(column, rule)) for column, rule in ruled if not isinstance(rule, Sum | Count)]
    adds = [(column.name, _value(column, rule)) for column, rule in ruled if isinstance(rule, Sum | Count)]
    return Step(table, _key(topic, table, own), born, dies, sets + _stamps(table, born, own), adds)


def _category(table: type[Table]) -> str:
    return table.BORN[0].partition(".")[0] if table.BORN else ""


def _stamps_its_stream(table: type[Table]) -> bool:
    """Every event of the row's own stream moves its version, whether or not it sets anything else."""
    return table.STAMPED and all(
        any(isinstance(rule, Stream) for rule in table.COLUMNS[key].rules) for key in table.KEY
    )


def _stamps(table: type[Table], born: bool, own: bool) -> list[tuple[str, Value]]:
    if not table.STAMPED:
        return []
    stamps: list[tuple[str, Value]] = [("updated_at", _at), ("last_position", _position)]
    if born:
        stamps.append(("created_at", _at))
    if own:
        stamps.append(("version", _version))
    elif born:
        stamps.append(("version", lambda row, data, tags: 1))
    return stamps


def _key(topic: str, table: type[Table], own: bool) -> Value:
    """How the row is found: one value, or a tuple of them when the key has several columns."""
    parts = [_key_part(topic, table.COLUMNS[name], own) for name in table.KEY]
    if len(parts) == 1:
        return parts[0]
    return lambda row, data, tags: tuple(part(row, data, tags) for part in parts)


def _key_part(topic: str, column: Column, own: bool) -> Value:
    explicit = [rule for rule in column.rules if topic in rule.topics]
    for rule in explicit or [rule for rule in column.rules if not rule.topics]:
        if isinstance(rule, Stream) and not (own or explicit):
            continue
        if isinstance(rule, Tag) and own and not explicit:
            continue
        return _value(column, rule)
    raise TypeError(f"nothing says what {column.name} is in {topic}")


def _value(column: Column, rule: Rule) -> Value:
    match rule:
        case Stream():
            return _stream
        case Version():
            return _version
        case When():
            return _at if rule.only is None else _at_if(rule.only)
        case Count():
            return lambda row, data, tags: 1
        case Tag():
            return lambda row, data, tags, name=rule.name: tags.get(name)  # type: ignore[misc]
        case Becomes():
            return _becomes(rule, column)
        case From() | Sum():
            return _field(rule.field or column.name, column, summed=isinstance(rule, Sum))
    raise TypeError(f"{column.name} cannot be set by {rule}")


def _becomes(rule: Becomes, column: Column) -> Value:
    def value(row: Row, data: Payload, tags: Tags) -> Any:
        made = rule.values[row.topic]
        made = made(data) if callable(made) else made
        return _json(made) if column.is_json and made is not ABSENT else made

    return value


def _field(name: str, column: Column, *, summed: bool) -> Value:
    missing = 0 if summed else ABSENT
    if isinstance(column.type, DollarsType):
        return lambda row, data, tags: missing if data.get(name) is None else millionths(data[name])
    if column.is_json:
        return lambda row, data, tags: _json(data[name]) if name in data else ABSENT
    if summed:
        return lambda row, data, tags: data.get(name) or 0
    return lambda row, data, tags: data.get(name, missing)


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _stream(row: Row, data: Payload, tags: Tags) -> str:
    return row.stream_id.partition("-")[2]


def _version(row: Row, data: Payload, tags: Tags) -> int:
    return row.version


def _position(row: Row, data: Payload, tags: Tags) -> int:
    return row.position


def _at_if(field: str) -> Value:
    return lambda row, data, tags: row.at if data.get(field) else ABSENT


def _at(row: Row, data: Payload, tags: Tags) -> str:
    return row.at
