"""Rebuild: the tables of groups made anew from the log beside the live ones, which serve until the swap."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress

import sqlalchemy as sa

from workledger.domain.refusals import Refused
from workledger.domain.store import EventStore
from workledger.projections import checkpoints, folding, leases, progress, shadow
from workledger.projections.checkpoints import Checkpoint
from workledger.projections.folding import Folded, Standing
from workledger.projections.group import Group
from workledger.projections.leases import Kept
from workledger.projections.pace import undisturbed
from workledger.projections.progress import Progress
from workledger.projections.reading import Reading
from workledger.projections.tables import ReadersStay, ReadTables

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
    """One rebuild of one group, or of several in one pass. Killed, it goes on where it was when it is run again."""

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        groups: Group | Sequence[Group],
        *,
        batch: int = BATCH,
        suffix: str = shadow.SHADOW,
        report: Report | None = None,
    ) -> None:
        self.store, self.tables, self.batch, self.suffix = store, tables, batch, suffix
        self.groups = (groups,) if isinstance(groups, Group) else tuple(groups)
        self.names = ", ".join(group.name for group in self.groups)
        self._report = report or (lambda progress: None)
        self._owner = leases.new_owner()
        self._cancelled, self._interrupted = threading.Event(), threading.Event()
        self._kept: Kept | None = None
        self._keep_at = 0.0

    def run(self) -> int:
        """Build, catch up with the live tables, and swap; the position that the new ones stand at.

        Raises:
            RebuildUnderWay: REBUILD_UNDER_WAY, another process is at it.
            RebuildCancelled: REBUILD_CANCELLED, by `cancel` here, or `cancel` elsewhere.
        """
        with self.alone():
            self.build()
            while True:
                with suppress(ReadersStay):
                    return self._swap()
                self._check()
                self._cancelled.wait(AGAIN_SECONDS)

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
        told = Progress(self.names, origin, target, origin)
        standing = self._read_upto(standing, target, told)
        told.phase = "indexing"
        self._keep(told)
        shadow.index(self.tables, self.groups, self.suffix, self._check)
        told.phase = "following"
        for _ in range(ROUNDS if upto is None else 0):
            told.target = self.store.head()
            if told.target - min(at.position for at in standing.values()) <= self.batch:
                break
            standing = self._read_upto(standing, told.target, told)
        return standing

    def discard(self) -> None:
        """Leave nothing behind."""
        with self.tables.writing() as connection:
            for group in self.groups:
                checkpoints.forget(connection, group.name + self.suffix)
                shadow.drop(connection, group, self.suffix)
                if self.suffix == shadow.SHADOW:
                    progress.forget(connection, group.name)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The leases of this rebuild, for the block.

        Raises:
            RebuildUnderWay: somebody else has one of them.
            RebuildCancelled: it was cancelled in the block.
        """
        names = {lease_of(group, self.suffix) for group in self.groups}
        leases.outlast(self.tables, names)
        with leases.keeping(self.tables, names, self._owner) as self._kept:
            if self._kept is None:
                raise RebuildUnderWay(group=self.names)
            try:
                yield
            except (leases.LeaseLost, checkpoints.Superseded):
                if leases.take(self.tables, names, self._owner) == names:  # nobody else is at it
                    self.discard()
                raise RebuildCancelled(group=self.names) from None
            except RebuildCancelled:
                self.discard()
                raise
            finally:
                self._kept = None

    def _begin(self) -> Standing:
        """Where an earlier run was interrupted, if its tables still fit, or the start."""
        standing = {}
        with self.tables.writing() as connection:
            self._hold(connection)
            for group in self.groups:
                name = group.name + self.suffix
                at = checkpoints.find(connection, name, hold=True)
                if at is None or at.fingerprint != group.fingerprint:
                    checkpoints.forget(connection, name)
                    at = checkpoints.begin(connection, name, group.fingerprint)
                    if self.suffix == shadow.SHADOW:
                        shadow.drop(connection, group, shadow.OLD)
                        checkpoints.forget(connection, group.name + shadow.OLD)
                    shadow.make(connection, group, self.suffix, indexed=False)
                standing[group] = at
        return standing

    def _read_upto(self, standing: Standing, target: int, told: Progress) -> Standing:
        while (lowest := min(at.position for at in standing.values())) < target:
            stop = min([at.position for at in standing.values() if at.position > lowest], default=target)
            together = {group: at for group, at in standing.items() if at.position == lowest}
            standing = standing | self._read(together, min(stop, target), told)
        return standing

    def _read(self, standing: Standing, upto: int, told: Progress) -> Standing:
        """Fold the log for groups that stand at the same position: one batch is written while the next is folded."""
        [position] = {at.position for at in standing.values()}
        overlaps = self.tables.bulk.overlaps
        topics = tuple({topic for group in standing for topic in group.plan}) if len(self.groups) == 1 else ()
        reading = Reading(self.store, position, upto, batch=self.batch, topics=topics, ahead=overlaps)
        with ThreadPoolExecutor(1, "workledger-writing") as writer, closing(reading.pages()) as pages:
            writing: Future[Standing] | None = None
            folded = Folded(self.tables, standing)
            for rows, reached, full in pages:
                self._check()
                folded.add(rows)
                if not full:
                    continue
                if writing is not None:
                    before, standing = standing, writing.result()
                    self._report(told)
                    if held_up(before) != held_up(standing):
                        folded = Folded(self.tables, standing, folded.rows)
                writing = writer.submit(self._write, standing, folded, reached, told)
                if not overlaps:
                    standing = writing.result()
                folded = Folded(self.tables, standing)
            if writing is not None:
                standing = writing.result()
                self._report(told)
        return standing

    def _write(self, standing: Standing, folded: Folded, reached: int, told: Progress) -> Standing:
        standing = folding.write(self.tables, standing, folded.batches, folded.rows, reached, self.suffix)
        told.position = reached
        if time.monotonic() >= self._keep_at:
            self._keep(told)
        return standing

    def _keep(self, told: Progress) -> None:
        self._keep_at = time.monotonic() + KEEP_SECONDS
        if self.suffix == shadow.SHADOW:
            with self.tables.writing() as connection:
                self.tables.bulk.relax(connection)
                for group in self.groups:
                    progress.keep(connection, group.name, told)

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
        return min(reached)

    def fold_rest(self, connection: sa.Connection, group: Group, at: Checkpoint, upto: int) -> Checkpoint:
        """What the live tables have read since, in the transaction that is open."""
        if at.position < upto:
            reading = Reading(self.store, at.position, upto, batch=self.batch, topics=tuple(group.plan), ahead=False)
            for rows, reached in reading.batches():
                at = folding.carefully(connection, self.tables, group, at, rows, reached, self.suffix)
        return at

    def _hold(self, connection: sa.Connection) -> None:
        if self._kept is not None:
            self._kept.hold(connection)

    def _check(self) -> None:
        if self._cancelled.is_set():
            raise RebuildCancelled(group=self.names)
        if self._interrupted.is_set():
            raise Interrupted
        if self._kept is not None:
            self._kept.check()


def held_up(standing: Standing) -> list[frozenset[str]]:
    return [at.held_up for at in standing.values()]


def lease_of(group: Group, suffix: str) -> str:
    return f"rebuild:{group.name}{suffix}"


def cancel(store: EventStore, tables: ReadTables, groups: Sequence[Group]) -> bool:
    """Stop the rebuilds of groups wherever they run, and throw away what they have built; whether there were any."""
    found = False
    for group in groups:
        running = leases.revoke(tables, lease_of(group, shadow.SHADOW))
        with tables.engine.connect() as connection:
            built = checkpoints.find(connection, group.name + shadow.SHADOW)
        if built or running:
            found = True
            Rebuild(store, tables, group).discard()
    return found
