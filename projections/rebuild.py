"""Rebuild: the tables of a group made anew from the log beside the live ones, which serve until the swap."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import sqlalchemy as sa

from workledger.domain.store import EventStore
from workledger.projections import checkpoints, shadow
from workledger.projections.checkpoints import Checkpoint, Superseded
from workledger.projections.group import Group
from workledger.projections.side import Side
from workledger.projections.tables import ReadTables

BATCH = 20_000
"""Events read and written at a time."""


@dataclass(slots=True)
class Progress:
    """How far a long run has come."""

    group: str
    position: int = 0
    target: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.position / max(time.monotonic() - self.started, 1e-9)

    @property
    def seconds_left(self) -> float:
        return (self.target - self.position) / max(self.rate, 1e-9)


Report = Callable[[Progress], None]


class Rebuild:
    """One rebuild of one group. Killed, it goes on where it was when it is run again."""

    def __init__(
        self,
        store: EventStore,
        tables: ReadTables,
        group: Group,
        *,
        batch: int = BATCH,
        suffix: str = shadow.SHADOW,
        report: Report | None = None,
    ) -> None:
        self.store, self.tables, self.group, self.batch, self.suffix = store, tables, group, batch, suffix
        self.name = group.name + suffix
        self._topics = tuple(group.plan)
        self._report = report or (lambda progress: None)

    def run(self) -> int:
        """Build, catch up with the live tables, and swap; the position that the new ones stand at.

        Several processes may be at the same rebuild: they share the work, and one of them swaps.
        """
        self.build()
        with self.tables.writing() as connection:
            at = checkpoints.find(connection, self.name, hold=True)
            live = checkpoints.find(connection, self.group.name, hold=True)
            if at is None:
                return live.position if live else 0
            live = live or checkpoints.begin(connection, self.group.name, self.group.fingerprint)
            at = self._fold_rest(Side(connection, self.tables.bulk, self.group, self.suffix), at, live.position)
            shadow.swap(connection, self.tables.bulk, self.group)
            checkpoints.forget(connection, self.name)
            checkpoints.advance(connection, live, at.position, self.group.fingerprint)
        return at.position

    def build(self, upto: int | None = None) -> Checkpoint:
        """The tables beside the live ones, filled and indexed, up to that position or the head of the log."""
        at = self._begin()
        target = self.store.head() if upto is None else upto
        progress = Progress(self.group.name, at.position, target)
        while at.position < target:
            try:
                at = self._batch(at, target)
            except Superseded:
                at = self._begin()
            progress.position = at.position
            self._report(progress)
        with self.tables.writing() as connection:
            if checkpoints.find(connection, self.name, hold=True):
                shadow.index(connection, self.group, self.suffix)
        return at

    def discard(self) -> None:
        """Leave nothing behind."""
        with self.tables.writing() as connection:
            shadow.drop(connection, self.group, self.suffix)
            checkpoints.forget(connection, self.name)

    def _begin(self) -> Checkpoint:
        """Where an earlier run was interrupted or another process is, if its tables still fit, or the start."""
        while True:
            with suppress(sa.exc.IntegrityError), self.tables.writing() as connection:
                at = checkpoints.find(connection, self.name, hold=True)
                if at is not None and at.fingerprint == self.group.fingerprint:
                    return at
                checkpoints.forget(connection, self.name)
                at = checkpoints.begin(connection, self.name, self.group.fingerprint)
                shadow.make(connection, self.group, self.suffix, indexed=False)
                return at

    def _batch(self, at: Checkpoint, target: int) -> Checkpoint:
        rows = self.store.read(at.position, self.batch, upto=target, topics=self._topics)
        reached = rows[-1].position if len(rows) == self.batch else target
        with self.tables.writing() as connection:
            moved = checkpoints.advance(connection, at, reached)
            Side(connection, self.tables.bulk, self.group, self.suffix).apply(rows)
        return moved

    def _fold_rest(self, side: Side, at: Checkpoint, upto: int) -> Checkpoint:
        """What the live tables have read since, in the transaction that swaps them: nobody sees less than before."""
        while at.position < upto:
            rows = self.store.read(at.position, self.batch, upto=upto, topics=self._topics)
            side.apply(rows)
            at = Checkpoint(at.name, rows[-1].position if len(rows) == self.batch else upto, at.fingerprint)
        return at
