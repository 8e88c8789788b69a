"""The projector: it folds the log into the read tables batch by batch, rows and checkpoint in one transaction."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold import folding
from workledger.projections.engine.fold.folding import Folded, Standing
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.rebuild import Rebuild, RebuildUnderWay
from workledger.projections.engine.state import bookkeeping, checkpoints
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.tables import ReadTables

BATCH = 5000
"""Events read and written at a time."""

WAIT_SECONDS = 0.1
"""Between looks whether somebody else has rebuilt the tables."""


class Projector:
    """Keeps the read tables of some groups up with the log. Any number may run: checkpoints settle who was first."""

    def __init__(self, store: EventStore, tables: ReadTables, groups: Sequence[Group], *, batch: int = BATCH) -> None:
        self.store, self.tables, self.groups, self.batch = store, tables, tuple(groups), batch
        self._turn = threading.Lock()

    def prepare(self, exclusively: Callable[[sa.Connection], None]) -> None:
        """Make the tables of groups that have none."""
        with self.tables.engine.connect() as connection:
            ready = bookkeeping.complete(sa.inspect(connection)) and all(
                checkpoints.find(connection, group.name) for group in self.groups
            )
        if ready:
            return
        with self.tables.writing() as connection:
            exclusively(connection)
            bookkeeping.make(connection)
            for group in self.groups:
                if checkpoints.find(connection, group.name) is None:
                    shadow.make(connection, group)
                    checkpoints.begin(connection, group.name, group.fingerprint)

    def standing(self) -> Standing:
        """Where each group stands; one whose tables were never made stands at 0."""
        with self.tables.engine.connect() as connection:
            found = checkpoints.found(connection, [group.name for group in self.groups])
        return {group: found.get(group.name, Checkpoint(group.name, 0, group.fingerprint)) for group in self.groups}

    def position(self) -> int:
        """The position that all groups have reached."""
        return min(at.position for at in self.standing().values())

    def catch_up(self, upto: int | None = None) -> int:
        """Bring every group up to that position (the head of the log, unless given), and return it.

        Tables that are declared differently from those in the database are rebuilt first.
        """
        with self._turn:
            target = self.store.head() if upto is None else upto
            while True:
                with suppress(Superseded):
                    self.forward(self._fitting(), target)
                    return target

    def forward(self, standing: Standing, target: int, go_on: Callable[[], bool] = lambda: True) -> Standing:
        """Bring groups that stand there up to a position, as long as `go_on` says so; where they stand then.

        Raises:
            Superseded: they do not stand there any more.
        """
        while (behind := [at.position for at in standing.values() if at.position < target]) and go_on():
            standing = standing | self._round(standing, min(behind), target)
        return standing

    def _fitting(self) -> Standing:
        """Where each group stands, once those whose tables are declared differently are rebuilt."""
        standing = self.standing()
        while changed := [group for group, at in standing.items() if at.fingerprint != group.fingerprint]:
            try:
                Rebuild(self.store, self.tables, changed).run()
            except RebuildUnderWay:
                time.sleep(WAIT_SECONDS)
            standing = self.standing()
        return standing

    def _round(self, standing: Standing, position: int, target: int) -> Standing:
        """One batch, read once for all the groups that stand at the same position.

        Raises:
            Superseded: somebody else was first; nothing is written.
        """
        together = {group: at for group, at in standing.items() if at.position == position}
        rows = self.store.scan(position, self.batch, upto=target)
        reached = rows[-1][0] if len(rows) == self.batch else target
        return folding.write(self.tables, together, Folded(self.tables, together, rows).batches, rows, reached)
