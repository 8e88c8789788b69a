"""The projector: it folds the log into the read tables batch by batch, rows and checkpoint in one transaction."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.writing import Checkpoints, FoldedEvents
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.exclusive import RebuildUnderWay
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import bookkeeping
from workledger.projections.engine.state import checkpoints as stored
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.tables import ReadTables

BATCH = 5000
"""Events read and written at a time."""

WAIT_SECONDS = 0.1
"""Between looks whether another process has finished its rebuild."""


class Projector:
    """Keeps the read tables of some groups up with the log. Any number of processes may run one: the compare-and-swap
    of checkpoints lets each event count once."""

    def __init__(self, store: EventStore, tables: ReadTables, groups: Sequence[Group], *, batch: int = BATCH) -> None:
        self.store, self.tables, self.groups, self.batch = store, tables, tuple(groups), batch
        self._turn = threading.Lock()

    def prepare(self, exclusively: Callable[[sa.Connection], None]) -> None:
        """Create the tables of groups that have none.

        Args:
            exclusively: locks the database against other processes that create tables, for the transaction.
        """
        with self.tables.engine.connect() as connection:
            ready = bookkeeping.is_complete(sa.inspect(connection)) and all(
                stored.find(connection, group.name) for group in self.groups
            )
        if ready:
            return
        with self.tables.writing() as connection:
            exclusively(connection)
            bookkeeping.create_missing(connection)
            for group in self.groups:
                if stored.find(connection, group.name) is None:
                    shadow.create(connection, group)
                    stored.create(connection, group.name, group.fingerprint)

    def checkpoints(self) -> Checkpoints:
        """The checkpoint of each group; at position 0 when its tables were never created."""
        with self.tables.engine.connect() as connection:
            found = stored.find_all(connection, [group.name for group in self.groups])
        return {group: found.get(group.name, Checkpoint(group.name, 0, group.fingerprint)) for group in self.groups}

    def position(self) -> int:
        """The position that all groups have reached."""
        return min(at.position for at in self.checkpoints().values())

    def catch_up(self, upto: int | None = None) -> int:
        """Bring every group up to that position (the head of the log, unless given), and return it.

        Tables that are declared differently from those in the database are rebuilt first.
        """
        with self._turn:
            target = self.store.head() if upto is None else upto
            while True:
                with suppress(Superseded):
                    self.forward(self._up_to_date(), target)
                    return target

    def forward(self, checkpoints: Checkpoints, target: int, go_on: Callable[[], bool] = lambda: True) -> Checkpoints:
        """Bring groups from their checkpoints up to a position; their checkpoints then.

        Args:
            go_on: asked before each batch; when False, the rest is left.

        Raises:
            Superseded: another process has advanced one of the checkpoints.
        """
        while (behind := [at.position for at in checkpoints.values() if at.position < target]) and go_on():
            checkpoints = checkpoints | self._round(checkpoints, min(behind), target)
        return checkpoints

    def _up_to_date(self) -> Checkpoints:
        """The checkpoints, once the groups whose tables are declared differently are rebuilt."""
        checkpoints = self.checkpoints()
        while outdated := [group for group, at in checkpoints.items() if at.fingerprint != group.fingerprint]:
            try:
                Rebuild(self.store, self.tables, outdated).run()
            except RebuildUnderWay:
                time.sleep(WAIT_SECONDS)
            checkpoints = self.checkpoints()
        return checkpoints

    def _round(self, checkpoints: Checkpoints, position: int, target: int) -> Checkpoints:
        """One batch, read once for all groups at the same position.

        Raises:
            Superseded: another process has advanced one of the checkpoints; nothing is written.
        """
        together = {group: at for group, at in checkpoints.items() if at.position == position}
        rows = self.store.scan(position, self.batch, upto=target)
        # A batch that is not full ends at the target: no event between its last one and that is still to come.
        reached = rows[-1][0] if len(rows) == self.batch else target
        return writing.write(self.tables, together, FoldedEvents(self.tables, together, rows), reached)
