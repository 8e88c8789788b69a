"""Stale dead letters: later events of other streams deleted rows, or changed those that the letter is about.

Folding one now would not give what the log says; a rebuild folds it in its place. An example, on the board:

| position | event | folded |
|---|---|---|
| 1 | `task.created` of task t | no: a dead letter, say by a bug of this release |
| 2 | `agent_run.turn_completed` of run r, tagged task t: adds 40 tokens to the card | to nothing: there is no card |

After the fix, a retry would insert the card of event 1 with 0 tokens, and event 2 does not come again: the card would
lack 40 tokens. So the letter is stale. A rebuild folds 1, then 2.

What makes a letter stale is found in two places: deletes, and what is said about rows that do not exist, by reading the
log again (LaterEvents); changes of rows that exist, by their `last_position` (rows_changed_since).
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
from workledger.projections.engine.fold.table_set import TableSet
from workledger.projections.engine.rules import Tag
from workledger.projections.engine.state.dead_letters import DeadLetter

PAGE = 10_000
"""Events read at a time."""


class LaterEvents:
    """What the events after the first dead letter of a group did to rows of other streams.

    It may be read in steps: most of the log before a transaction, the rest in it.
    """

    def __init__(self, store: EventStore, group: Group) -> None:
        self._store, self._group, self._tags = store, group, _tags_by_topic(group)
        self._first = self._read_upto = 0
        self._deleted_at = 0
        self._touched_at = defaultdict[str, int](int)
        """The last position at which an event of another stream was about a stream's row."""

    def read(self, letters: Sequence[DeadLetter], upto: int) -> None:
        """Read on.

        Args:
            letters: all of the group, in the order of the log; their own effects are left out.
            upto: the position of the group's checkpoint.
        """
        if not letters:
            return
        if letters[0].position != self._first:
            self._first = self._read_upto = letters[0].position
            self._deleted_at, self._touched_at = 0, defaultdict(int)
        dead = {letter.position for letter in letters}
        for row in self._rows(upto):
            if row[0] not in dead:
                self._note(row)

    def outdate(self, letter: DeadLetter) -> bool:
        """Whether rows were deleted after a letter, or events of other streams were about its stream's own row."""
        return max(self._deleted_at, self._touched_at[letter.stream_id]) > letter.position

    def _note(self, row: tuple[Any, ...]) -> None:
        if row[3] in self._group.barriers:
            self._deleted_at = row[0]
        tags = orjson.loads(row[6]) if row[3] in self._tags else {}
        for name in self._tags.get(row[3], ()):
            if name in tags:
                # Streams are named by category and id, and a tag by the category: `task` is the task's id.
                self._touched_at[f"{name}-{tags[name]}"] = row[0]

    def _rows(self, upto: int) -> Iterator[tuple[Any, ...]]:
        topics = (*self._group.barriers, *self._tags)
        while topics and self._read_upto < upto:
            rows = self._store.scan(self._read_upto, PAGE, upto=upto, topics=topics)
            self._read_upto = rows[-1][0] if len(rows) == PAGE else upto
            yield from rows


def rows_changed_since(table_set: TableSet, group: Group, parts: Sequence[Part], position: int) -> bool:
    """Whether one of the rows that these parts change or delete was written by an event after that position."""
    for part in parts:
        if isinstance(part, Scanned):
            continue
        for table, changes in zip(group.tables, part, strict=True):
            keys = [key_values(key) for key in (*changes.changed, *changes.gone)]
            if not (keys and table.STAMPED):
                continue
            columns = table_set[table].c
            named = sa.tuple_(*(columns[name] for name in table.KEY)).in_(keys)
            later = sa.select(sa.literal(1)).where(named, columns.last_position > position).limit(1)
            if table_set.connection.scalar(later):
                return True
    return False


def _tags_by_topic(group: Group) -> dict[str, list[str]]:
    """Topics whose events are about rows of other streams, and the tags that name those."""
    tags: dict[str, list[str]] = defaultdict(list)
    for topic, plan in group.plan.items():
        for effect in plan.effects:
            tags[topic] += [rule.name for _, rule in effect.key if isinstance(rule, Tag) and not effect.born]
    return {topic: names for topic, names in tags.items() if names}
