"""The plan of a group: by topic, the effects of events on the group's tables, derived from their declarations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workledger.domain.kernel.aggregate import Event
from workledger.projections.engine.columns import Column
from workledger.projections.engine.rules import Becomes, Count, Position, Rule, Stream, Sum, Tag, Version, When
from workledger.projections.engine.table import Barrier, Fold, Table


@dataclass(frozen=True, slots=True)
class RowEffect:
    """What an event does to one row of one table.

    Attributes:
        key: the key columns, and the rules that give their values: they find the row.
        born: the event begins the row.
        dies: the event deletes the row.
        sets: columns, and the rules that set them.
        adds: columns, and the rules that add to them.
    """

    table: type[Table]
    key: Sequence[tuple[Column, Rule]]
    born: bool
    dies: bool
    sets: Sequence[tuple[Column, Rule]]
    adds: Sequence[tuple[Column, Rule]]


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What an event of one topic does to all tables of a group: its effects on rows, then the plain functions of tables
    (see Table.FOLDS and Table.BARRIERS)."""

    event: type[Event]
    effects: Sequence[RowEffect]
    folds: Sequence[tuple[type[Table], Fold]]
    barriers: Sequence[Barrier]


def plan_of(tables: Iterable[type[Table]]) -> dict[str, TopicPlan]:
    """The plan by topic; topics that change nothing are not in it."""
    tables = tuple(tables)
    plan = {topic: _topic_plan(topic, event, tables) for topic, event in Event.TOPICS.items()}
    return {topic: one for topic, one in plan.items() if one.effects or one.folds or one.barriers}


def _topic_plan(topic: str, event: type[Event], tables: Sequence[type[Table]]) -> TopicPlan:
    return TopicPlan(
        event,
        [effect for table in tables if (effect := _effect(topic, table)) is not None],
        [(table, table.FOLDS[event]) for table in tables if event in table.FOLDS],
        [table.BARRIERS[event] for table in tables if event in table.BARRIERS],
    )


def _effect(topic: str, table: type[Table]) -> RowEffect | None:
    born, dies = topic in table.BORN, topic in table.DIES
    own = topic.partition(".")[0] == _category(table)
    ruled = [(column, rule) for column in table.COLUMNS.values() for rule in column.rules if topic in rule.topics]
    if not (ruled or born or dies or (own and _is_stamped_by_its_stream(table))):
        return None
    ruled = [(column, rule) for column, rule in ruled if column.name not in table.KEY]
    sets = [(column, rule) for column, rule in ruled if not isinstance(rule, Sum | Count)]
    adds = [(column, rule) for column, rule in ruled if isinstance(rule, Sum | Count)]
    return RowEffect(table, _key(topic, table, own), born, dies, sets + _stamps(topic, table, born, own), adds)


def _category(table: type[Table]) -> str:
    return table.BORN[0].partition(".")[0] if table.BORN else ""


def _is_stamped_by_its_stream(table: type[Table]) -> bool:
    """Whether every event of the row's own stream moves its version, even one that sets nothing else."""
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
        # Begun by an event of another stream, whose version says nothing about this row.
        stamps["version"] = Becomes({Event.TOPICS[topic]: 1})
    return [(table.COLUMNS[name], rule) for name, rule in stamps.items()]


def _key(topic: str, table: type[Table], own: bool) -> list[tuple[Column, Rule]]:
    return [(table.COLUMNS[name], _key_rule(topic, table.COLUMNS[name], own)) for name in table.KEY]


def _key_rule(topic: str, column: Column, own: bool) -> Rule:
    """A rule that names the topic comes first. Of the general ones, Stream is for events of the row's own stream, and
    Tag for all others."""
    explicit = [rule for rule in column.rules if topic in rule.topics]
    for rule in explicit or [rule for rule in column.rules if not rule.topics]:
        if isinstance(rule, Stream) and not (own or explicit):
            continue
        if isinstance(rule, Tag) and own and not explicit:
            continue
        return rule
    raise TypeError(f"no rule says what {column.name} is in {topic}")
