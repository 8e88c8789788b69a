"""Rebuild: the tables of groups made anew from the log beside the live ones, which serve until the swap."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from workledger.domain.kernel.refusals import Refused
from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold import folding
from workledger.projections.engine.fold.filling import Filling
from workledger.projections.engine.fold.folding import Standing
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.reading import Reading
from workledger.projections.engine.fold.tuning import undisturbed
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.state import checkpoints, held_leases, leases, progress
from workledger.projections.engine.state.held_leases import HeldLeases
from workledger.projections.engine.state.progress import Progress
from workledger.projections.engine.tables import ReadersStay, ReadTables

BATCH = 20_000
"""Events folded and written at a time, at most."""

ROUNDS = 10
"""Times that we go after what was appended meanwhile; the rest is folded while the live tables are held still."""

AGAIN_SECONDS = 1.0
"""Between attempts to swap, in which the projector goes on, and those who read the live tables may finish."""

KEEP_SECONDS = 0.25
"""Between notes in the database of how far it is, for others to read."""

Report = Callable[[Progress], None]


class RebuildUnderWay(Refused):
    """Another process is rebuilding {group} right now; let it finish, then try again."""

    code = "REBUILD_UNDER_WAY"


class RebuildCancelled(Refused):
    """The rebuild of {group} was cancelled; the tables are as they were."""

    code = "REBUILD_CANCELLED"


class Interrupted(Exception):
    """The rebuild stopped where it was, and can go on."""


class Rebuild:
    """One rebuild of one group, or of several in one pass. Killed, it goes on where it was when it is run again.

    Args:
        by_itself: nobody asked for it, so that it is not begun after somebody has cancelled it, or done it.
    """

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        groups: Group | Sequence[Group],
        *,
        batch: int = BATCH,
        suffix: str = shadow.SHADOW,
        report: Report | None = None,
        by_itself: bool = False,
    ) -> None:
        self.store, self.tables, self.batch, self.suffix = store, tables, batch, suffix
        self.groups = (groups,) if isinstance(groups, Group) else tuple(groups)
        self.names = ", ".join(group.name for group in self.groups)
        self._by_itself, self._report = by_itself, report or (lambda progress: None)
        self._owner = leases.new_owner()
        self._cancelled, self._interrupted = threading.Event(), threading.Event()
        self._held: HeldLeases | None = None
        self._keep_at = 0.0
        self._told = Progress(self.names)
        self._filling = Filling(
            store,
            tables,
            suffix,
            batch,
            check=self._check,
            wrote=self._wrote,
            report=lambda: self._report(self._told),
        )

    def run(self) -> int:
        """Build, catch up with the live tables, and swap; the position that the new ones stand at.

        Raises:
            RebuildUnderWay: REBUILD_UNDER_WAY, another process is at it.
            RebuildCancelled: REBUILD_CANCELLED, by `cancel` here, or `cancel` elsewhere.
        """
        with self.alone():
            if self._by_itself and (done := self._done()):
                return min(done)
            standing = self.build()
            while True:
                with suppress(ReadersStay):
                    return self._swap()
                self._check()
                self._cancelled.wait(AGAIN_SECONDS)
                with undisturbed():
                    standing = self._follow(standing)

    def cancel(self) -> None:
        """Have it stop before its next batch. What it has built is thrown away."""
        self._cancelled.set()

    def interrupt(self) -> None:
        """Have it stop before its next batch. What it has built is there when it is run again."""
        self._interrupted.set()

    def build(self, upto: int | None = None) -> Standing:
        """The tables beside the live ones, filled and indexed, up to that position or the head of the log."""
        with undisturbed():
            return self._build(upto)

    def _build(self, upto: int | None) -> Standing:
        standing = self._begin()
        target = self.store.head() if upto is None else upto
        origin = min(at.position for at in standing.values())
        self._told = Progress(self.names, origin, target, origin)
        standing = self._filling.upto(standing, target)
        self._told.phase = "indexing"
        self._keep()
        if target > 0:
            self._report(self._told)
        try:
            shadow.index(self.tables, self.groups, self.suffix, self._check)
        except shadow.NotIndexable:
            standing = self._filled_with_indexes(target)
        return standing if upto is not None else self._follow(standing)

    def _filled_with_indexes(self, target: int) -> Standing:
        """A row that an index does not take is found when it is written into a table that has it: its event is set
        aside then."""
        self.discard()
        standing = self._begin(indexed=True)
        self._told = Progress(self.names, 0, target)
        return self._filling.upto(standing, target)

    def _follow(self, standing: Standing) -> Standing:
        """Go after what was appended meanwhile, until a batch at most is left."""
        self._told.phase = "following"
        for _ in range(ROUNDS):
            self._told.target = self.store.head()
            if self._told.target - min(at.position for at in standing.values()) <= self.batch:
                break
            standing = self._filling.upto(standing, self._told.target)
        return standing

    def discard(self) -> None:
        """Leave nothing behind."""
        with self.tables.writing() as connection:
            for group in self.groups:
                checkpoints.forget(connection, group.name + self.suffix)
                shadow.drop(connection, group, self.suffix)
                if self.suffix == shadow.SHADOW:
                    progress.withdraw(connection, group.name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The leases of this rebuild, for the block.

        Raises:
            RebuildUnderWay: somebody else has one of them.
            RebuildCancelled: it was cancelled in the block.
        """
        names = {lease_of(group, self.suffix) for group in self.groups}
        leases.wait_for_expiry(self.tables, names)
        with held_leases.hold(self.tables, names, self._owner) as self._held:
            if self._held is None:
                raise RebuildUnderWay(group=self.names)
            try:
                yield
            except RebuildCancelled:
                self.discard()
                raise
            except Exception as error:
                if not self._lost_by(error):
                    raise
                if leases.take(self.tables, names, self._owner) == names:  # nobody else is at it
                    self.discard()
                raise RebuildCancelled(group=self.names) from None
            finally:
                self._held = None

    def _done(self) -> list[int]:
        """Where those of the tables stand that somebody else has made anew by now."""
        with self.tables.engine.connect() as connection:
            found = [(group, checkpoints.find(connection, group.name)) for group in self.groups]
        return [at.position for group, at in found if at and at.fingerprint == group.fingerprint]

    def _lost_by(self, error: Exception) -> bool:
        """Whether it failed because somebody has taken its leases away, and with them, perhaps, its tables."""
        if isinstance(error, leases.LeaseLost | checkpoints.Superseded):
            return True
        with suppress(sa.exc.SQLAlchemyError, OSError), self.tables.writing() as connection:
            try:
                self._hold(connection)
            except leases.LeaseLost:
                return True
        return False

    def _begin(self, *, indexed: bool = False) -> Standing:
        """Where an earlier run was interrupted, if its tables still fit, or the start."""
        standing = {}
        with self.tables.writing() as connection:
            self._hold(connection)
            if self._by_itself and any(progress.cancelled(connection, group.name) for group in self.groups):
                raise RebuildCancelled(group=self.names)
            for group in self.groups:
                name = group.name + self.suffix
                at = checkpoints.find(connection, name, hold=True)
                if at is None or at.fingerprint != group.fingerprint:
                    checkpoints.forget(connection, name)
                    at = checkpoints.begin(connection, name, group.fingerprint)
                    if self.suffix == shadow.SHADOW:
                        shadow.drop(connection, group, shadow.OLD)
                        checkpoints.forget(connection, group.name + shadow.OLD)
                    shadow.make(connection, group, self.suffix, indexed=indexed)
                standing[group] = at
        return standing

    def _wrote(self, reached: int) -> None:
        self._told.position = reached
        if time.monotonic() >= self._keep_at:
            self._keep()

    def _keep(self) -> None:
        """Let others see how far it is, for as long as it is not cancelled."""
        self._keep_at = time.monotonic() + KEEP_SECONDS
        if self.suffix == shadow.SHADOW:
            with self.tables.writing() as connection:
                self.tables.bulk.relax(connection)
                self._hold(connection)
                for group in self.groups:
                    progress.keep(connection, group.name, self._told)

    def _swap(self) -> int:
        """In one transaction that nobody sees half of; the old tables are kept (see shadow.py).

        Raises:
            ReadersStay: somebody does not stop reading the live tables; nothing is done.
        """
        reached = []
        with self.tables.writing() as connection:
            self._hold(connection)
            for group in self.groups:
                at = checkpoints.find(connection, group.name + self.suffix, hold=True)
                live = checkpoints.find(connection, group.name, hold=True)
                if at is None:
                    raise leases.LeaseLost
                live = live or checkpoints.begin(connection, group.name, group.fingerprint)
                reached.append(self.fold_rest(connection, group, at, live.position).position)
            shadow.swap(connection, self.tables.bulk, self.groups)
            for group in self.groups:
                checkpoints.rename(connection, group.name, group.name + shadow.OLD)
                checkpoints.rename(connection, group.name + self.suffix, group.name)
                progress.forget(connection, group.name)
            if self._held is not None:
                self._held.release(connection)
        return min(reached)

    def fold_rest(self, connection: sa.Connection, group: Group, at: Checkpoint, upto: int) -> Checkpoint:
        """What the live tables have read since, in the transaction that is open."""
        if at.position < upto:
            reading = Reading(self.store, at.position, upto, batch=self.batch, topics=tuple(group.plan), ahead=False)
            for rows, reached in reading.batches():
                at = folding.carefully(connection, self.tables, group, at, rows, reached, self.suffix)
        return at

    def _hold(self, connection: sa.Connection) -> None:
        if self._held is not None:
            self._held.lock(connection)

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise RebuildCancelled(group=self.names)
        if self._interrupted.is_set():
            raise Interrupted
        if self._held is not None:
            self._held.check()


def lease_of(group: Group, suffix: str) -> str:
    return f"rebuild:{group.name}{suffix}"
