"""A group: read tables that agree with each other, because they share one checkpoint."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from workledger.projections.engine.fold.compiler import Folding, compile_folding
from workledger.projections.engine.fold.plan import Steps, plan_of
from workledger.projections.engine.table import Table


class Group:
    def __init__(self, name: str, tables: Sequence[type[Table]]) -> None:
        self.name, self.tables = name, tuple(tables)
        self._foldings: dict[tuple[str, bool], Folding | None] = {}

    @cached_property
    def plan(self) -> dict[str, Steps]:
        return plan_of(self.tables)

    def folding(self, topic: str, encoded: bool) -> Folding | None:
        """What folds this kind of event, from payloads that are bytes, or text; None when the group is not about it."""
        if (topic, encoded) not in self._foldings:
            steps = self.plan.get(topic)
            made = None if steps is None else compile_folding(steps, self.tables, encoded=encoded)
            self._foldings[topic, encoded] = made
        return self._foldings[topic, encoded]

    def __repr__(self) -> str:
        return f"Group({self.name})"

    @cached_property
    def children(self) -> dict[str, list[tuple[type[Table], str, str]]]:
        """For each table, who points to it: (table, column, on_delete); cascades come first, as they win."""
        children: dict[str, list[tuple[type[Table], str, str]]] = defaultdict(list)
        for table in self.tables:
            for column in table.COLUMNS.values():
                if column.references:
                    children[column.references.table].append((table, column.name, column.references.on_delete))
        for pointing in children.values():
            pointing.sort(key=lambda child: child[2] != "cascade")
        return dict(children)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever one of its tables is declared differently."""
        return hashlib.sha256("".join(table.fingerprint() for table in self.tables).encode()).hexdigest()[:16]

    @cached_property
    def barriers(self) -> frozenset[str]:
        """Topics before which everything is written, because they act on rows that other events made."""
        return frozenset(
            topic
            for topic, steps in self.plan.items()
            if steps.barriers or any(step.dies and step.table.NAME in self.children for step in steps.steps)
        )
