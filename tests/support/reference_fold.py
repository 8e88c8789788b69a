"""Read tables folded slowly: one event at a time into dictionaries, straight from what the tables declare."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from workledger import Workledger
from workledger.domain.agent_log import AgentLogPurged
from workledger.domain.agent_run.events import AgentRunResumed, AgentRunStopped
from workledger.domain.change_set import ChangeSetReverted
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.mapping import parse_timestamp
from workledger.domain.kernel.store import Scanned
from workledger.domain.session_feed import SessionFeedPurged
from workledger.projections.agent_runs import AgentRuns
from workledger.projections.agents import Agents
from workledger.projections.change_sets import ChangeSetEntries
from workledger.projections.commits import ProjectCommits
from workledger.projections.engine import rules
from workledger.projections.engine.columns import Column
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rules import Rule
from workledger.projections.engine.table import Table
from workledger.projections.engine.types import DollarsType, MomentType, bounded, millionths
from workledger.projections.projects import Projects
from workledger.projections.task_counts import TaskCounts
from workledger.projections.tasks import Tasks

PURGED = (AgentLogPurged, SessionFeedPurged)
Row = dict[str, Any]
MISSING = object()


@dataclass
class Said:
    """What an event says about one row of a table: `born`, `dies` or `touched`; values, and amounts to add."""

    how: str
    key: Any
    sets: Row = field(default_factory=dict)
    adds: Row = field(default_factory=dict)


def payload_of(past: Scanned) -> Row:
    """A payload as it would be written today: upcast, and with the defaults of fields that were added since."""
    kind = Event.TOPICS[past.topic]
    data = kind.upcast(orjson.loads(past.data), past.schema_version)
    optional = {} if kind.PATCH else {name: one for name, one in kind.model_fields.items() if not one.is_required()}
    defaults = {name: one.get_default(call_default_factory=True) for name, one in optional.items()}
    return {**orjson.loads(orjson.dumps(defaults, default=lambda model: model.model_dump(mode="json"))), **data}


def said(table: type[Table], past: Scanned) -> Said | None:
    """What the rules of the table make of an event; None when it has nothing to do with it."""
    kind, topic = Event.TOPICS[past.topic], past.topic
    data, tags = payload_of(past), orjson.loads(past.tags)
    own = bool(table.BORN) and table.BORN[0].split(".")[0] == topic.split(".")[0]
    named = {name: [rule for rule in one.rules if topic in rule.topics] for name, one in table.COLUMNS.items()}
    how = "dies" if topic in table.DIES else "born" if topic in table.BORN else "touched"
    of_its_stream = all(any(isinstance(rule, rules.Stream) for rule in table.COLUMNS[name].rules) for name in table.KEY)
    if how == "touched" and not any(named.values()) and not (own and table.STAMPED and of_its_stream):
        return None
    values = {
        name: value(one, rule, past, data, tags, kind) for name, one in table.COLUMNS.items() for rule in named[name]
    }
    key = [values.get(name, MISSING) for name in table.KEY]
    for at, name in enumerate(table.KEY):
        if key[at] is MISSING:
            general = [rule for rule in table.COLUMNS[name].rules if not rule.topics]
            fitting = next(rule for rule in general if isinstance(rule, rules.Stream) is own)
            key[at] = value(table.COLUMNS[name], fitting, past, data, tags, kind)
    sets, adds = dict[str, Any](), dict[str, Any]()
    for name in set(named) - set(table.KEY):
        for rule in named[name]:
            into = adds if isinstance(rule, rules.Sum | rules.Count) else sets
            if (made := value(table.COLUMNS[name], rule, past, data, tags, kind)) is not MISSING:
                into[name] = made
    if table.STAMPED:
        sets |= {"updated_at": past.at, "last_position": past.position}
        sets |= {"created_at": past.at} if how == "born" else {}
        sets |= {"version": past.version} if own else {"version": 1} if how == "born" else {}
    return Said(how, tuple(key) if len(key) > 1 else key[0], sets, adds)


def value(column: Column, rule: Rule, past: Scanned, data: Row, tags: Mapping[str, str], kind: type[Event]) -> Any:
    """What a rule gives; MISSING when the event says nothing about the column."""
    match rule:
        case rules.Stream():
            return past.stream_id.partition("-")[2]
        case rules.Tag():
            return tags.get(rule.name)
        case rules.Version():
            return past.version
        case rules.Position():
            return past.position
        case rules.When():
            return past.at if rule.only is None or data[rule.only] else MISSING
        case rules.Count():
            return 1
        case rules.Sum():
            given = data.get(rule.field)
            if rule.by:
                return rule.by(given)
            return millionths(given or 0) if isinstance(column.type, DollarsType) else bounded(given)
        case rules.Becomes():
            made = rule.values[past.topic]
            made = made(data) if callable(made) else made
            return MISSING if made is rules.ABSENT else made
        case rules.From():
            if column.is_logged:
                return past.position
            name = rule.field or column.name
            if name not in data and (kind.PATCH or column.is_json or isinstance(column.type, DollarsType)):
                return MISSING
            given = data.get(name)
            if isinstance(column.type, DollarsType):
                return MISSING if given is None else millionths(given)
            return rule.by(given) if rule.by else given
    raise TypeError(rule)


class Reference:
    """The tables of a group, as dictionaries of rows by key."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.rows: dict[type[Table], dict[Any, Row]] = {table: {} for table in group.tables}

    def fold(self, log: Iterable[tuple[Any, ...]]) -> "Reference":
        for row in log:
            past = Scanned._make(row)
            if past.topic in self.group.plan:
                self._one(past)
        return self

    def _one(self, past: Scanned) -> None:
        kind = Event.TOPICS[past.topic]
        data, tags = payload_of(past), orjson.loads(past.tags)
        if kind in PURGED and any(kind in table.BARRIERS for table in self.group.tables):
            self._purge(data)
        if kind in (AgentRunStopped, AgentRunResumed) and Agents in self.rows:
            self._follow(kind, past, tags)
        if kind is ChangeSetReverted and ChangeSetEntries in self.rows:
            self._restore(past.stream_id.partition("-")[2], data["entries"])
        for table in self.group.tables:
            if (one := said(table, past)) is not None and one.key is not None:
                self._apply(table, one)
        for table in self.group.tables:
            for change in table.FOLDS[kind](past, data, tags) if kind in table.FOLDS else ():
                self._apply(table, Said("dies" if change.gone else "touched", change.key, change.set, change.add))

    def _apply(self, table: type[Table], one: Said) -> None:
        if one.how == "dies":
            self._remove(table, [one.key])
            return
        row = self.rows[table].get(one.key)
        if one.how == "born" or (row is None and not table.BORN):
            key = one.key if isinstance(one.key, tuple) else (one.key,)
            row = {name: 0 if column.adds else None for name, column in table.COLUMNS.items()}
            self.rows[table][one.key] = row | dict(zip(table.KEY, key, strict=True))
        if (row := self.rows[table].get(one.key)) is not None:
            row |= one.sets
            for name, amount in one.adds.items():
                row[name] += amount

    def _remove(self, table: type[Table], keys: list[Any]) -> None:
        gone = {key: row for key in keys if (row := self.rows[table].pop(key, None)) is not None}
        if not gone:
            return
        columns = [(child, column) for child in self.group.tables for column in child.COLUMNS.values()]
        pointing = [
            (child, column.name, column.references.on_delete)
            for child, column in columns
            if column.references and column.references.table == table.NAME
        ]
        for child, column, on_delete in sorted(pointing, key=lambda one: one[2] != "cascade"):
            found = [key for key, row in self.rows[child].items() if row[column] in gone]
            if on_delete == "cascade":
                self._remove(child, found)
            else:
                for key in found:
                    self.rows[child][key][column] = None
        self._count_again(table, list(gone.values()))

    def _count_again(self, table: type[Table], gone: list[Row]) -> None:
        """What tasks.removed and commits.removed do."""
        if table is ProjectCommits:
            for row in gone:
                if project := self.rows[Projects].get(row["project_id"]):
                    left = [one for one in self.rows[ProjectCommits].values() if one["project_id"] == project["id"]]
                    project["commit_count"] = len(left)
        if table is Tasks:
            for id in {row["project_id"] for row in gone} - {None}:
                counts = self.rows[TaskCounts]
                for key in [key for key in counts if key[0] == id]:
                    del counts[key]
                for row in self.rows[Tasks].values():
                    if row["project_id"] == id and row["status"] != "cancelled":
                        self._apply(TaskCounts, Said("touched", (id, row["board_column"]), adds={"count": 1}))

    def _follow(self, kind: type[Event], past: Scanned, tags: Mapping[str, str]) -> None:
        """What the barriers of agents do."""
        run_id = past.stream_id.partition("-")[2]
        if (agent := self.rows[Agents].get(tags["agent"])) is None:
            return
        if kind is AgentRunResumed:
            run = self.rows[AgentRuns][run_id]
            agent |= {
                "current_task_id": run["task_id"],
                "current_session_id": run["session_id"],
                "current_worktree_id": run["worktree_id"],
                "initiative_id": run["initiative_id"],
            }
        elif agent["latest_run_id"] == run_id:
            agent |= {"status": "idle", "status_c": "stopped", "updated_at": past.at, "last_position": past.position}
            agent |= dict.fromkeys(("current_task_id", "current_session_id", "current_worktree_id", "current_run_id"))

    def _restore(self, id: str, entries: list[Row]) -> None:
        """What the barrier of change sets does."""
        for number, entry in enumerate(entries):
            if entry["restores"] and (row := self.rows[ChangeSetEntries].get((id, number))):
                row["restored_id"] = entry["target_id"]

    def _purge(self, data: Row) -> None:
        """What the barriers of agent logs and session feeds do."""
        for table, rows in self.rows.items():
            names = ("session_id",) if "offset" in table.COLUMNS else ("agent_id", "session_number")
            for key, row in list(rows.items()):
                upto = data["up_to_offset"] if "offset" in row else MISSING
                if all(row[name] == data[name] for name in names) and (upto is MISSING or row["offset"] <= upto):
                    del rows[key]

    def differences(self, ledger: Workledger) -> list[tuple[str, Any, Row | None, Row | None]]:
        """(table, key, what it should be, what is there) of every row that is not so in the database."""
        found = []
        for table, rows in self.rows.items():
            with ledger.tables.engine.connect() as connection:
                there = keyed(table, [dict(row) for row in connection.execute(table.table.select()).mappings()])
            expected = keyed(
                table, [{name: shown(table.COLUMNS[name], row[name]) for name in row} for row in rows.values()]
            )
            for key in {**expected, **there}:
                if expected.get(key) != there.get(key):
                    found.append((table.NAME, key, expected.get(key), there.get(key)))
        return found


def keyed(table: type[Table], rows: Iterable[Row]) -> dict[Any, Row]:
    return {tuple(row[name] for name in table.KEY): row for row in rows}


def shown(column: Column, value: Any) -> Any:
    """A value as it is read from a database."""
    if isinstance(column.type, MomentType):
        return value and parse_timestamp(value)
    if isinstance(column.type, DollarsType):
        return value if value is None else value / 1_000_000
    return value
