"""The compiler: it generates, for each topic, the function that folds an event into the changes of a batch.

What it leaves out is what makes a rebuild fast: the function decodes only the fields that a rule names, passes JSON
through as the text it is, and creates no event object. `Group.fold_source(topic)` shows any of them. This is the one of
`agent_log.chunk_appended`, from the declarations in projections/agent_logs.py:

    def fold(row, batch):
        position, stream, version, topic, schema_version, at, tags, data = row
        if schema_version > 1: data = upcast(event, data, schema_version)
        payload = decode_payload(data)
        key = (payload.agent_id, payload.session_number, version)
        if key is not None:
            new, changed, gone = batch[0]  # agent_log_chunks
            values = [key[0], key[1], key[2], payload.agent_name, payload.chunk_id, position, _size_0(payload.content), at]
            if new.setdefault(key, values) is not values: raise RowExists(key)
            if changed: changed.pop(key, None)
        key = (payload.agent_id, payload.session_number)
        if key is not None:
            new, changed, gone = batch[1]  # agent_log_sessions
            values = changed.get(key)
            if values is None: values = changed[key] = blank_agent_log_sessions[:]
            if values is not None:
                values[2] = payload.agent_name  # agent_name
                values[5] = at  # last_at
                values[6] += 1  # chunks
                values[7] += _size_0(payload.content)  # bytes
        return None

A chunk is a new row, written as one list in the order of the columns. Its session is a row that is changed: `values`
has a place for each column, then one for each amount that is added (see changes.py).
"""  # noqa: E501

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson

from workledger.domain.kernel.store import Scanned
from workledger.projections.engine.changes import Changes, apply, blank
from workledger.projections.engine.fold.expressions import Expressions
from workledger.projections.engine.fold.plan import RowEffect, TopicPlan
from workledger.projections.engine.payloads import defaults, oldest_current, upcast
from workledger.projections.engine.table import Table

FoldFunction = Callable[[tuple[Any, ...], Sequence[Changes]], None]
"""(row as Store.scan gives it, the changes of each table of the group): writes the event's effects into the changes."""


class RowExists(Exception):
    """An event would begin a row that exists."""


class FoldCompiler:
    """Generates one fold function.

    Args:
        encoded: payloads are bytes, and JSON columns are stored as bytes; otherwise both are text.
    """

    def __init__(self, plan: TopicPlan, tables: Sequence[type[Table]], *, encoded: bool) -> None:
        self._plan, self._event, self._tables = plan, plan.event, tables
        self._expressions = Expressions(plan.event, encoded=encoded)
        self._expressions.uses_data = bool(plan.folds)
        self._names = self._expressions.names
        self._lines: list[str] = []
        for effect in plan.effects:
            self._effect(effect)
        for table, fold in plan.folds:
            self._names |= {"Scanned": Scanned, "apply": apply, "as_json": self._expressions.as_json}
            self._write(f"for change in {self._name(fold)}(Scanned._make(row), data, all_tags):")
            self._write(f"    apply({self._name(table)}, batch[{tables.index(table)}], change, as_json)")
        self.source = "\n    ".join([*self._head(), *self._lines, "return None"])
        """The function as Python source."""

    def function(self) -> FoldFunction:
        """The function, compiled."""
        exec(compile(self.source, f"<fold of {self._event.TOPIC}>", "exec"), self._names)  # noqa: S102
        return self._names["fold"]  # type: ignore[no-any-return]

    def _head(self) -> list[str]:
        """The parts of the event that the lines below use; written last, when all expressions are known."""
        expressions = self._expressions
        head = ["def fold(row, batch):", "position, stream, version, topic, schema_version, at, tags, data = row"]
        decoder, tags = expressions.payload_decoder(), expressions.tags_decoder()
        if decoder is not None or expressions.uses_data:
            self._names |= {"upcast": upcast, "event": self._event}
            head.append(f"if {self._needs_upcast()}: data = upcast(event, data, schema_version)")
        if decoder is not None:
            self._names["decode_payload"] = decoder
            head.append("payload = decode_payload(data)")
        if expressions.uses_data:
            self._names |= {"loads": orjson.loads, "defaults": defaults(self._event)}
            head.append("data = {**defaults, **loads(data)}" if defaults(self._event) else "data = loads(data)")
        if self._plan.folds:
            self._names["loads"] = orjson.loads
            head.append("all_tags = loads(tags)")
        if tags is not None:
            self._names["decoded_tags"] = tags
            head.append("tags = decoded_tags[tags]")
        if expressions.uses_id:
            head.append("id = stream.partition('-')[2]")
        return head

    def _needs_upcast(self) -> str:
        """True of payloads that an upcast step changes, and of those of a newer release, which it refuses.

        Versions that only added optional fields have no step, and stay on the fast path.
        """
        oldest, newest = oldest_current(self._event), self._event.VERSION
        return f"schema_version > {newest}" if oldest == 1 else f"not {oldest} <= schema_version <= {newest}"

    def _effect(self, effect: RowEffect) -> None:
        # A key column is never null, but its field may be: such an event is about no row of this table.
        key = [self._value(replace(column, nullable=True), rule)[0] for column, rule in effect.key]
        self._write(f"key = {key[0] if len(key) == 1 else '(' + ', '.join(key) + ')'}")
        self._write("if key is not None:")
        self._write(f"    new, changed, gone = batch[{self._tables.index(effect.table)}]  # {effect.table.NAME}")
        if effect.dies:
            self._write("    new.pop(key, None); changed.pop(key, None); gone[key] = None")
        elif effect.born:
            self._born(effect)
        else:
            self._touched(effect)

    def _born(self, effect: RowEffect) -> None:
        """The row is built as one list: most rows of a rebuild are new."""
        table = effect.table
        values = ["None"] * len(table.COLUMNS) + ["0"] * len(table.AMOUNT_AT)
        for nth, name in enumerate(table.KEY):
            values[table.AT[name]] = f"key[{nth}]" if len(table.KEY) > 1 else "key"
        for column, rule in effect.sets:
            code, absent = self._value(column, rule)
            if absent:
                local = f"value_{column.name}"
                self._write(f"    {local} = {code}")
                code = f"None if {local} is {absent} else {local}"
            values[table.AT[column.name]] = code
        for column, rule in effect.adds:
            values[table.AMOUNT_AT[column.name]] = self._value(column, rule)[0]
        renews = self._event.TOPIC in table.RENEWS
        if renews:
            # The row may be in the table already: delete it there before the new one is inserted.
            self._write("    if key not in new: gone[key] = None")
        self._write(f"    values = [{', '.join(values)}]")
        if renews:
            self._write("    new[key] = values")
        else:
            self._names["RowExists"] = RowExists
            self._write("    if new.setdefault(key, values) is not values: raise RowExists(key)")
        self._write("    if changed: changed.pop(key, None)")

    def _touched(self, effect: RowEffect) -> None:
        table = effect.table
        self._names[f"blank_{table.NAME}"] = blank(table)
        begin = f"values = changed[key] = blank_{table.NAME}[:]"
        if table.BORN:
            # A row that the batch deleted stays deleted: no event but one that begins it brings it back.
            self._write("    values = new.get(key)")
            self._write("    if values is None: values = changed.get(key)")
            self._write(f"    if values is None and key not in gone: {begin}")
        else:
            self._write("    values = changed.get(key)")
            self._write(f"    if values is None: {begin}")
        self._write("    if values is not None:")
        for column, rule in effect.sets:
            self._set(table, column, rule)
        for column, rule in effect.adds:
            amount = table.AMOUNT_AT[column.name]
            self._write(f"        values[{amount}] += {self._value(column, rule)[0]}  # {column.name}")
        if not effect.sets and not effect.adds:
            self._write("        pass")

    def _set(self, table: type[Table], column: Any, rule: Any) -> None:
        code, absent = self._value(column, rule)
        target = f"values[{table.AT[column.name]}] = "
        if (amount := table.AMOUNT_AT.get(column.name)) is not None:
            target = f"values[{amount}] = 0; {target}"  # what was added before is overwritten
        if absent:
            self._write(f"        value = {code}")
            self._write(f"        if value is not {absent}: {target}value  # {column.name}")
        else:
            self._write(f"        {target}{code}  # {column.name}")

    def _value(self, column: Any, rule: Any) -> tuple[str, str]:
        return self._expressions.value(column, rule)

    def _name(self, value: Any) -> str:
        return self._expressions.name(value)

    def _write(self, line: str) -> None:
        self._lines.append(line)
