"""The plan of a group: what each kind of event does to its tables, worked out once from their declarations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workledger.domain.kernel.aggregate import Event
from workledger.projections.engine.columns import Column
from workledger.projections.engine.rules import Becomes, Count, Position, Rule, Stream, Sum, Tag, Version, When
from workledger.projections.engine.table import Barrier, Fold, Table


@dataclass(frozen=True, slots=True)
class Step:
    """What one kind of event does to one table: how the row is found, and the rules that set and add to its columns."""

    table: type[Table]
    key: Sequence[tuple[Column, Rule]]
    born: bool
    dies: bool
    sets: Sequence[tuple[Column, Rule]]
    adds: Sequence[tuple[Column, Rule]]


@dataclass(frozen=True, slots=True)
class Steps:
    """What one kind of event does to all the tables of a group."""

    event: type[Event]
    steps: Sequence[Step]
    folds: Sequence[tuple[type[Table], Fold]]
    barriers: Sequence[Barrier]


def plan_of(tables: Iterable[type[Table]]) -> dict[str, Steps]:
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
    sets = [(column, rule) for column, rule in ruled if not isinstance(rule, Sum | Count)]
    adds = [(column, rule) for column, rule in ruled if isinstance(rule, Sum | Count)]
    return Step(table, _key(topic, table, own), born, dies, sets + _stamps(topic, table, born, own), adds)


def _category(table: type[Table]) -> str:
    return table.BORN[0].partition(".")[0] if table.BORN else ""


def _stamps_its_stream(table: type[Table]) -> bool:
    """Every event of the row's own stream moves its version, whether or not it sets anything else."""
    return table.STAMPED and all(
        any(isinstance(rule, Stream) for rule in table.COLUMNS[key].rules) for key in table.KEY
    )


def _stamps(topic: str, table: type[Table], born: bool, own: bool) -> list[tuple[Column, Rule]]:
    if not table.STAMPED:
        return []
    stamps: dict[str, Rule] = {"updated_at": When(), "last_position": Position()}
    if born:
        stamps["created_at"] = When()
    if own:
        stamps["version"] = Version()
    elif born:
        stamps["version"] = Becomes({Event.TOPICS[topic]: 1})
    return [(table.COLUMNS[name], rule) for name, rule in stamps.items()]


def _key(topic: str, table: type[Table], own: bool) -> list[tuple[Column, Rule]]:
    return [(table.COLUMNS[name], _key_rule(topic, table.COLUMNS[name], own)) for name in table.KEY]


def _key_rule(topic: str, column: Column, own: bool) -> Rule:
    explicit = [rule for rule in column.rules if topic in rule.topics]
    for rule in explicit or [rule for rule in column.rules if not rule.topics]:
        if isinstance(rule, Stream) and not (own or explicit):
            continue
        if isinstance(rule, Tag) and own and not explicit:
            continue
        return rule
    raise TypeError(f"nothing says what {column.name} is in {topic}")
