"""A rebuild: the tables of groups built again from the log beside the live ones, which serve until the swap."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress

import sqlalchemy as sa

from workledger.domain.kernel.store import EventStore
from workledger.projections.engine.checkpoint import Checkpoint
from workledger.projections.engine.fold import writing
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.log_reader import LogReader
from workledger.projections.engine.fold.pipeline import FoldPipeline
from workledger.projections.engine.fold.tuning import tuned_gc
from workledger.projections.engine.fold.writing import Checkpoints
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.rebuild.exclusive import Exclusive, RebuildCancelled
from workledger.projections.engine.state import checkpoints, leases, progress
from workledger.projections.engine.state.progress import Progress
from workledger.projections.engine.tables import ReadersStay, ReadTables

BATCH = 20_000
"""Events folded and written at a time, at most."""

CATCH_UP_ROUNDS = 10
"""Passes over what was appended meanwhile; what is left then is folded in the transaction of the swap."""

SWAP_RETRY_SECONDS = 1.0
"""Between attempts to swap, in which the projector goes on, and readers of the live tables may finish."""

SAVE_SECONDS = 0.25
"""Between saves of the progress, for other processes to see."""

OnProgress = Callable[[Progress], None]


class Rebuild:
    """One rebuild of one group, or of several in one pass. After a kill, the next one resumes it.

    Args:
        batch: events in a batch, at most.
        suffix: of the tables to build (see shadow.py).
        on_progress: called after each batch.
        automatic: nobody asked for it, so it does not run when one was cancelled, and does nothing when another
            process has rebuilt the tables already.
    """

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        groups: Group | Sequence[Group],
        *,
        batch: int = BATCH,
        suffix: str = shadow.SHADOW,
        on_progress: OnProgress | None = None,
        automatic: bool = False,
    ) -> None:
        self.store, self.tables, self.batch, self.suffix = store, tables, batch, suffix
        self.groups = (groups,) if isinstance(groups, Group) else tuple(groups)
        self._automatic, self._on_progress = automatic, on_progress or (lambda progress: None)
        self._exclusive = Exclusive(tables, self.groups, suffix)
        self.names = self._exclusive.names
        self._progress = Progress(self.names)
        self._save_at = 0.0
        self._pipeline = FoldPipeline(
            store,
            tables,
            suffix,
            batch,
            before_page=self._exclusive.check,
            after_write=self._written,
            after_batch=lambda: self._on_progress(self._progress),
        )

    def run(self) -> int:
        """Build the tables, catch up with the live ones, and swap; the position of the new ones.

        Raises:
            RebuildUnderWay: REBUILD_UNDER_WAY, another process is rebuilding one of the groups.
            RebuildCancelled: REBUILD_CANCELLED, by `cancel`, here or elsewhere.
            Interrupted: by `interrupt`.
        """
        with self.exclusive():
            if self._automatic and (rebuilt := self._rebuilt_elsewhere()):
                return min(rebuilt)
            built = self.build()
            while True:
                with suppress(ReadersStay):
                    return self._swap()
                self._exclusive.check()
                self._exclusive.wait(SWAP_RETRY_SECONDS)
                # So that the next attempt holds the live checkpoints no longer than this one did.
                with tuned_gc():
                    built = self._catch_up(built)

    def cancel(self) -> None:
        """Stop it, from another thread, and drop what it has built (see exclusive.py)."""
        self._exclusive.cancel()

    def interrupt(self) -> None:
        """Stop it, from another thread, so that it can be resumed (see exclusive.py)."""
        self._exclusive.interrupt()

    def exclusive(self) -> AbstractContextManager[None]:
        """A block in which nobody else rebuilds these groups; see Exclusive.hold."""
        return self._exclusive.hold()

    def build(self, upto: int | None = None) -> Checkpoints:
        """Fill and index the tables beside the live ones, up to that position, or the head of the log."""
        with tuned_gc():
            return self._build(upto)

    def _build(self, upto: int | None) -> Checkpoints:
        built = self._begin()
        target = self.store.head() if upto is None else upto
        origin = min(at.position for at in built.values())
        self._progress = Progress(self.names, origin, target, origin)
        built = self._pipeline.run(built, target)
        self._progress.phase = "indexing"
        self._save_progress()
        if target > 0:
            self._on_progress(self._progress)
        try:
            shadow.index(self.tables, self.groups, self.suffix, self._exclusive.check)
        except shadow.NotIndexable:
            built = self._build_indexed(target)
        return built if upto is not None else self._catch_up(built)

    def _build_indexed(self, target: int) -> Checkpoints:
        """Start again with tables that have their indexes. An index does not take some row, and does not say whose: in
        an indexed table that row fails when it is written, and its event is isolated."""
        self.discard()
        built = self._begin(indexed=True)
        self._progress = Progress(self.names, 0, target)
        return self._pipeline.run(built, target)

    def _catch_up(self, built: Checkpoints) -> Checkpoints:
        """Fold what was appended meanwhile, until a batch at most is left."""
        self._progress.phase = "following"
        for _ in range(CATCH_UP_ROUNDS):
            self._progress.target = self.store.head()
            if self._progress.target - min(at.position for at in built.values()) <= self.batch:
                break
            built = self._pipeline.run(built, self._progress.target)
        return built

    def discard(self) -> None:
        """Drop what was built, with its checkpoints and its progress."""
        shadow.discard(self.tables, self.groups, self.suffix)

    def _rebuilt_elsewhere(self) -> list[int]:
        """The positions of the groups whose live tables are those of this release by now."""
        with self.tables.engine.connect() as connection:
            found = [(group, checkpoints.find(connection, group.name)) for group in self.groups]
        return [at.position for group, at in found if at and at.fingerprint == group.fingerprint]

    def _begin(self, *, indexed: bool = False) -> Checkpoints:
        """The checkpoints of an interrupted rebuild, if its tables are still declared the same, or of new tables."""
        begun = {}
        with self.tables.writing() as connection:
            self._exclusive.lock(connection)
            if self._automatic and any(progress.is_cancelled(connection, group.name) for group in self.groups):
                raise RebuildCancelled(group=self.names)
            for group in self.groups:
                name = group.name + self.suffix
                at = checkpoints.find(connection, name, lock=True)
                if at is None or at.fingerprint != group.fingerprint:
                    checkpoints.delete(connection, name)
                    at = checkpoints.create(connection, name, group.fingerprint)
                    if self.suffix == shadow.SHADOW:
                        # The swap will keep the live tables as old ones: those of the rebuild before make room now.
                        shadow.drop(connection, group, shadow.OLD)
                        checkpoints.delete(connection, group.name + shadow.OLD)
                    shadow.create(connection, group, self.suffix, indexed=indexed)
                begun[group] = at
        return begun

    def _written(self, position: int) -> None:
        self._progress.position = position
        if time.monotonic() >= self._save_at:
            self._save_progress()

    def _save_progress(self) -> None:
        """Save the progress, unless the rebuild was cancelled."""
        self._save_at = time.monotonic() + SAVE_SECONDS
        if self.suffix == shadow.SHADOW:
            with self.tables.writing() as connection:
                self.tables.bulk.without_fsync(connection)
                self._exclusive.lock(connection)
                for group in self.groups:
                    progress.save(connection, group.name, self._progress)

    def _swap(self) -> int:
        """Swap the tables in one transaction, and keep the old ones (see shadow.py).

        Raises:
            ReadersStay: a reader of the live tables does not finish; nothing is done.
        """
        reached = []
        with self.tables.writing() as connection:
            self._exclusive.lock(connection)
            for group in self.groups:
                at = checkpoints.find(connection, group.name + self.suffix, lock=True)
                live = checkpoints.find(connection, group.name, lock=True)
                if at is None:
                    raise leases.LeaseLost
                live = live or checkpoints.create(connection, group.name, group.fingerprint)
                # Never behind the live tables: who has seen a row in them must not miss it in the new ones.
                reached.append(self.fold_rest(connection, group, at, live.position).position)
            shadow.swap(connection, self.tables.bulk, self.groups)
            for group in self.groups:
                checkpoints.rename(connection, group.name, group.name + shadow.OLD)
                checkpoints.rename(connection, group.name + self.suffix, group.name)
                progress.delete(connection, group.name)
            self._exclusive.release(connection)
        return min(reached)

    def fold_rest(self, connection: sa.Connection, group: Group, at: Checkpoint, upto: int) -> Checkpoint:
        """Fold the events up to the position of the live tables, in the transaction that locks their checkpoint."""
        if at.position < upto:
            topics = tuple(group.plan)
            reader = LogReader(self.store, at.position, upto, batch=self.batch, topics=topics, ahead=False)
            for rows, position in reader.batches():
                at = writing.bisect(connection, self.tables, group, at, rows, position, self.suffix)
        return at
