"""A group: read tables that agree with each other, because they share one checkpoint."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property

from workledger.projections.engine.fold.compiler import FoldCompiler, FoldFunction
from workledger.projections.engine.fold.plan import TopicPlan, plan_of
from workledger.projections.engine.table import Table


class Group:
    """Tables whose rows and checkpoint are written in one transaction."""

    def __init__(self, name: str, tables: Sequence[type[Table]]) -> None:
        self.name, self.tables = name, tuple(tables)
        self._functions: dict[tuple[str, bool], FoldFunction | None] = {}

    @cached_property
    def plan(self) -> dict[str, TopicPlan]:
        """What events do to the tables, by topic; topics that the group does not fold are not in it."""
        return plan_of(self.tables)

    def fold_function(self, topic: str, encoded: bool) -> FoldFunction | None:
        """The function that folds events of a topic, from payloads that are bytes (`encoded`) or text; None when the
        group does not fold the topic."""
        if (topic, encoded) not in self._functions:
            compiler = self._compiler(topic, encoded=encoded)
            self._functions[topic, encoded] = None if compiler is None else compiler.function()
        return self._functions[topic, encoded]

    def fold_source(self, topic: str, *, encoded: bool = False) -> str | None:
        """The Python source of that function, to read or to debug it."""
        compiler = self._compiler(topic, encoded=encoded)
        return None if compiler is None else compiler.source

    def __repr__(self) -> str:
        return f"Group({self.name})"

    @cached_property
    def children(self) -> dict[str, list[tuple[type[Table], str, str]]]:
        """For each table, the columns that reference it: (table, column, on_delete)."""
        children: dict[str, list[tuple[type[Table], str, str]]] = defaultdict(list)
        for table in self.tables:
            for column in table.COLUMNS.values():
                if column.references:
                    children[column.references.table].append((table, column.name, column.references.on_delete))
        for references in children.values():
            # Cascades first: a row that references the deleted one twice is deleted, not set to null.
            references.sort(key=lambda child: child[2] != "cascade")
        return dict(children)

    @cached_property
    def fingerprint(self) -> str:
        """Changes whenever one of its tables is declared differently."""
        return hashlib.sha256("".join(table.fingerprint() for table in self.tables).encode()).hexdigest()[:16]

    @cached_property
    def barriers(self) -> frozenset[str]:
        """Topics before which everything is written, because their events act on rows that are in the tables."""
        return frozenset(
            topic
            for topic, plan in self.plan.items()
            if plan.barriers or any(effect.dies and effect.table.NAME in self.children for effect in plan.effects)
        )

    def _compiler(self, topic: str, *, encoded: bool) -> FoldCompiler | None:
        plan = self.plan.get(topic)
        return None if plan is None else FoldCompiler(plan, self.tables, encoded=encoded)
