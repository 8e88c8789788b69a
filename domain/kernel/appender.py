"""Appends a unit of work: on a conflict again, and a command id once."""

import random
import threading
import time
from collections.abc import Sequence

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.core import Core
from workledger.domain.kernel.refusals import CommandIdReused, ConcurrencyConflict
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions, Receipt
from workledger.domain.kernel.unit import Unit

PATIENCE = 10.0
"""Seconds for which a unit that conflicts is retried."""

FIRST_SLEEP, LONGEST_SLEEP = 0.01, 0.25
"""Seconds between attempts, at most: they grow with each conflict."""

SNAPSHOT_EVERY = 200
"""Events of one stream between snapshots."""


class Appender:
    """
    Attributes:
        contended: held while a unit that conflicted is retried.
    """

    def __init__(self, core: Core) -> None:
        self._core, self._store = core, core.store
        self.contended = threading.Lock()

    def append(self, unit: Unit) -> Receipt:
        try:
            return self._once(unit)
        except ConcurrencyConflict as conflict:
            self._forget(conflict)
            if not unit.replay(conflict):
                raise
        give_up, longest = time.monotonic() + PATIENCE, FIRST_SLEEP
        # Threads of this process retry one at a time; otherwise each would make the others conflict again.
        with self.contended:
            while True:
                try:
                    return self._once(unit)
                except ConcurrencyConflict as conflict:
                    self._forget(conflict)
                    # Writers in other processes do not share the lock: of many on a few streams, some must stand back.
                    time.sleep(random.uniform(0, longest))  # noqa: S311
                    longest = min(longest * 1.2, LONGEST_SLEEP)
                    if time.monotonic() > give_up or not unit.replay(conflict):
                        raise

    def _once(self, unit: Unit) -> Receipt:
        if not unit.recorded:
            return self.repeated(unit) or self._nothing(unit)
        try:
            appended = self._core.events.put(unit.recorded, conditions=unit.conditions())
        except AlreadyDone as done:
            return self._repetition(unit, done.positions)
        except ClaimUnmet as unmet:
            raise unmet.refusal() from None
        positions = [one.notification.id for one in appended]
        self._core.aggregates.keep(unit.appended())
        self._snapshot(unit)
        return Receipt(positions[-1], positions)

    def _forget(self, conflict: ConcurrencyConflict) -> None:
        """What is kept of the stream may be what the log has lost, as after a failover."""
        self._core.aggregates.forget(str(conflict.details.get("stream")))

    def _nothing(self, unit: Unit) -> Receipt:
        """Nothing changed; the command id is recorded all the same, so that a repetition does not decide anew."""
        if unit.request.command_id:
            try:
                self._store.insert_events(
                    [], conditions=Conditions(command_id=unit.request.command_id, digest=unit.request.digest)
                )
            except AlreadyDone as done:  # recorded by another writer in between
                return self._repetition(unit, done.positions)
        return Receipt(self._store.head())

    def repeated(self, unit: Unit, *, whole: bool = True) -> Receipt | None:
        """The receipt of the first time, when the command id is already recorded."""
        done = self._store.done(unit.request.command_id) if unit.request.command_id else None
        return None if done is None else self._repetition(unit, done, whole=whole)

    def _repetition(self, unit: Unit, positions: Sequence[int], *, whole: bool = True) -> Receipt:
        """
        Raises:
            CommandIdReused: the first time, something else was asked for.
        """
        if not unit.request.repeats(self._store.digest_of(unit.request.command_id or ""), whole=whole):
            raise CommandIdReused
        return Receipt(positions[-1] if positions else self._store.head(), positions, repeated=True)

    def _snapshot(self, unit: Unit) -> None:
        for past in unit.recorded:
            if past.version and past.version % SNAPSHOT_EVERY == 0:
                category, _, id = past.stream_id.partition("-")
                self._core.keep_snapshot(Aggregate.CATEGORIES[category], id, past.version)
