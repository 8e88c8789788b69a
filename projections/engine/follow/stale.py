"""Overtaken: letters that cannot be folded by themselves any more, as later events of other streams deleted rows, or
touched what they are about. Folding them now would not come to what the log says; a rebuild folds them in its order.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore, Scanned
from workledger.projections.engine.changes import key_values
from workledger.projections.engine.fold.batch import Part
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.table_set import Side
from workledger.projections.engine.rules import Tag
from workledger.projections.engine.state.dead_letters import DeadLetter

PAGE = 10_000


class Later:
    """What other streams have done in the log since the first of some letters; it may be read in several steps."""

    def __init__(self, store: EventStore, group: Group) -> None:
        self._store, self._group, self._tags = store, group, _touching(group)
        self._first = self._read = 0
        self._deleted, self._touched = 0, defaultdict[str, int](int)

    def read(self, letters: Sequence[DeadLetter], upto: int) -> None:
        """Read on.

        Args:
            letters: all of the group, in the order of the log; what they are about was not done.
            upto: where the group stands.
        """
        if not letters:
            return
        if letters[0].position != self._first:
            self._first = self._read = letters[0].position
            self._deleted, self._touched = 0, defaultdict(int)
        aside = {letter.position for letter in letters}
        for row in self._rows(upto):
            if row[0] not in aside:
                self._see(row, row[3] in self._group.barriers)

    def overtook(self, letter: DeadLetter) -> bool:
        """Whether rows were deleted since, or something was said about the stream's own row."""
        return max(self._deleted, self._touched[letter.stream_id]) > letter.position

    def _see(self, row: tuple[Any, ...], deletes: bool) -> None:
        if deletes:
            self._deleted = row[0]
        tags = orjson.loads(row[6]) if row[3] in self._tags else {}
        for name in self._tags.get(row[3], ()):
            if name in tags:
                self._touched[f"{name}-{tags[name]}"] = row[0]

    def _rows(self, upto: int) -> Iterator[tuple[Any, ...]]:
        topics = (*self._group.barriers, *self._tags)
        while topics and self._read < upto:
            rows = self._store.scan(self._read, PAGE, upto=upto, topics=topics)
            self._read = rows[-1][0] if len(rows) == PAGE else upto
            yield from rows


def rows_went_on(side: Side, group: Group, parts: Sequence[Part], position: int) -> bool:
    """Whether a row that these changes are to be written to was touched by an event after that position."""
    written = [part for part in parts if not isinstance(part, Scanned)]
    for part in written:
        for table, changes in zip(group.tables, part, strict=True):
            keys = [key_values(key) for key in (*changes.changed, *changes.gone)]
            if not (keys and table.STAMPED):
                continue
            columns = side[table].c
            named = sa.tuple_(*(columns[name] for name in table.KEY)).in_(keys)
            later = sa.select(sa.literal(1)).where(named, columns.last_position > position).limit(1)
            if side.connection.scalar(later):
                return True
    return False


def _touching(group: Group) -> dict[str, list[str]]:
    """The topics of events that touch rows of other streams, and the tags that say which."""
    found: dict[str, list[str]] = defaultdict(list)
    for topic, steps in group.plan.items():
        for step in steps.steps:
            found[topic] += [rule.name for _, rule in step.key if isinstance(rule, Tag) and not step.born]
    return {topic: names for topic, names in found.items() if names}
