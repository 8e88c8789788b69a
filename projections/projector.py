"""The projector: it folds the log into the read tables batch by batch, rows and checkpoint in one transaction."""

import threading
from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa

from workledger.domain.store import EventStore
from workledger.projections import checkpoints, shadow
from workledger.projections.checkpoints import Checkpoint, Superseded
from workledger.projections.group import Group
from workledger.projections.rebuild import Rebuild
from workledger.projections.side import Side
from workledger.projections.tables import ReadTables

BATCH = 5000
"""Events read and written at a time."""


class Projector:
    """Keeps the read tables of some groups up with the log. Any number may run: checkpoints settle who was first."""

    def __init__(self, store: EventStore, tables: ReadTables, groups: Sequence[Group], *, batch: int = BATCH) -> None:
        self.store, self.tables, self.groups, self.batch = store, tables, tuple(groups), batch
        self._turn = threading.Lock()

    def prepare(self, exclusively: Callable[[sa.Connection], None]) -> None:
        """Make the tables of groups that have none."""
        with self.tables.engine.connect() as connection:
            inspector = sa.inspect(connection)
            ready = inspector.has_table(checkpoints.CHECKPOINTS.name) and all(
                checkpoints.find(connection, group.name) for group in self.groups
            )
        if ready:
            return
        with self.tables.writing() as connection:
            exclusively(connection)
            checkpoints.METADATA.create_all(connection)
            for group in self.groups:
                if checkpoints.find(connection, group.name) is None:
                    shadow.make(connection, group)
                    checkpoints.begin(connection, group.name, group.fingerprint)

    def standing(self) -> dict[Group, Checkpoint]:
        """Where each group stands; one whose tables were never made stands at 0."""
        with self.tables.engine.connect() as connection:
            found = {group: checkpoints.find(connection, group.name) for group in self.groups}
        return {group: at or Checkpoint(group.name, 0, group.fingerprint) for group, at in found.items()}

    def position(self) -> int:
        """The position that all groups have reached."""
        return min(at.position for at in self.standing().values())

    def catch_up(self, upto: int | None = None) -> int:
        """Bring every group up to that position (the head of the log, unless given), and return it.

        Tables that are declared differently from those in the database are rebuilt first.
        """
        with self._turn:
            target = self.store.head() if upto is None else upto
            standing = self._fitting()
            while behind := [at.position for at in standing.values() if at.position < target]:
                try:
                    standing |= self._round(standing, min(behind), target)
                except Superseded:
                    standing = self._fitting()
            return target

    def _fitting(self) -> dict[Group, Checkpoint]:
        """Where each group stands, once those whose tables are declared differently are rebuilt."""
        standing = self.standing()
        while changed := [group for group, at in standing.items() if at.fingerprint != group.fingerprint]:
            for group in changed:
                Rebuild(self.store, self.tables, group).run()
            standing = self.standing()
        return standing

    def _round(self, standing: Mapping[Group, Checkpoint], position: int, target: int) -> dict[Group, Checkpoint]:
        """One batch, read once for all the groups that stand at the same position.

        Raises:
            Superseded: somebody else was first; nothing is written.
        """
        rows = self.store.read(position, self.batch, upto=target)
        reached = rows[-1].position if len(rows) == self.batch else target
        moved = {}
        with self.tables.writing() as connection:
            for group, at in standing.items():
                if at.position == position:
                    moved[group] = checkpoints.advance(connection, at, reached)
                    Side(connection, self.tables.bulk, group).apply(rows)
        return moved
