"""The ledger: it loads aggregates, current or at a past version, and appends the events that they decide."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast, overload

from eventsourcing.application import Application

from workledger.domain.kernel import envelope
from workledger.domain.kernel.aggregate import Aggregate, New
from workledger.domain.kernel.envelope import Recorded, Row
from workledger.domain.kernel.mapping import Envelopes, Snapshot, decode, format_timestamp
from workledger.domain.kernel.refusals import CommandIdReused, ConcurrencyConflict, Refused
from workledger.domain.kernel.repository import Repository
from workledger.domain.kernel.store import AlreadyDone, ClaimUnmet, Conditions, EventStore, Receipt
from workledger.domain.kernel.unit import Unit

A = TypeVar("A", bound=Aggregate)
S = TypeVar("S")

PATIENCE = 10.0
"""Seconds for which a unit that conflicts is retried."""


class Core(Application[str]):
    """eventsourcing's application around our event store: mapper, repository and snapshots."""

    is_snapshotting_enabled = True
    snapshot_class = Snapshot
    env: ClassVar[dict[str, str]] = {"MAPPER_TOPIC": f"{Envelopes.__module__}:{Envelopes.__name__}"}

    @property
    def store(self) -> EventStore:
        return cast(EventStore, self.recorder)


class Ledger:
    """The record of what agents do, as an application embeds it. `workledger.open(url)` gives one.

    Every refusal is a `Refused` with a stable `code`, and leaves the log as it was.
    """

    SNAPSHOT_EVERY = 200
    """Events of one stream between snapshots."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._core = Core(dict(env))
        self._contended = threading.Lock()
        self.store = self._core.store
        self._repository = Repository(self.store)

    def create(self, new: New[A], *, command_id: str | None = None) -> A:
        """Record a new aggregate, such as `Task.create(…)`, and return it.

        Args:
            command_id: when it is already recorded, nothing is appended and the aggregate it created is returned.

        Raises:
            Refused: a claim is not met (its code says which), the id is in use (CONCURRENCY_CONFLICT), or the command
                id was used for another command (IDEMPOTENCY_KEY_REUSED).
        """
        with self.unit(command_id) as unit:
            unit.create(new)
        assert unit.receipt is not None
        if unit.receipt.repeated:
            return self.get(new.kind, self.begun_by(new.kind, unit.receipt))
        return unit.state(new.kind, new.id)

    @contextmanager
    def edit(
        self, kind: type[A], id: str, *, expected_version: int | None = None, command_id: str | None = None
    ) -> Iterator[A]:
        """A draft of an aggregate, whose commands are recorded when the block ends; an error inside records nothing.

        On a conflict with another writer the commands are replayed on the new state, with the same arguments. When the
        draft was read in the block, or `expected_version` is given, they cannot be replayed and the conflict is raised:
        use `decide` for what reads and then decides.

        Raises:
            NotFound: there is no such aggregate.
            ConcurrencyConflict: it is not at the expected version, or was changed after it was read here.
            Refused: a command or a claim was refused.
        """
        with self.unit(command_id) as unit:
            if command_id and self.store.done(command_id) is not None:
                yield unit.draft(kind, id)
            else:
                yield unit.edit(kind, id, expected_version=expected_version)

    @overload
    def decide(self, decision: Callable[[Unit], S]) -> S: ...

    @overload
    def decide(self, decision: Callable[[Unit], S], *, command_id: str | None) -> S | None: ...

    def decide(self, decision: Callable[[Unit], S], *, command_id: str | None = None) -> S | None:
        """Take a decision and append the events that it records; on a conflict it is taken again on the current state.

        Args:
            decision: called with a unit of work, at least once; it must read and write through that alone.
            command_id: when it is already recorded, the decision is not taken.

        Returns:
            The result of the decision; None when the command id was already recorded.

        Raises:
            Refused: the decision or a claim was refused; nothing is recorded.
            ConcurrencyConflict: every retry conflicted, for PATIENCE seconds.
        """
        outcomes: list[S] = []
        with self.unit(command_id) as unit:
            if command_id is None or self.store.done(command_id) is None:
                unit.decide(lambda: outcomes.append(decision(unit)))
        assert unit.receipt is not None
        return None if unit.receipt.repeated else outcomes[-1]

    @contextmanager
    def unit(self, command_id: str | None = None) -> Iterator[Unit]:
        """A unit of work that is appended atomically when the block ends; its `receipt` then has the positions.

        Args:
            command_id: when it is already recorded, nothing is appended, and no refusal is raised.
        """
        unit = Unit(self.find_any, command_id, self.store.holders, self._repository.recall)
        try:
            yield unit
            unit.receipt = self._settle(unit)
        except Refused:
            # A repeated command may be refused on today's state; its answer is that of the first time.
            unit.receipt = self._repeated(command_id)
            if unit.receipt is None:
                raise
        self._recorded(unit.receipt)

    def get(self, kind: type[A], id: str, *, version: int | None = None, at: datetime | None = None) -> A:
        """The current aggregate, or the one at a past version or time.

        Raises:
            NotFound: there is none, it did not exist yet, or it is deleted.
        """
        if at is not None:
            version = self.store.version_at(kind.stream(id), format_timestamp(at))
        state = self.find_any(kind, id, version)
        if state is None or state.deleted:
            raise kind.NOT_FOUND(id=id)
        return state

    def find(self, kind: type[A], id: str) -> A | None:
        """The current aggregate; None when there is none or it is deleted."""
        state = self.find_any(kind, id)
        return None if state is None or state.deleted else state

    def find_any(self, kind: type[A], id: str, version: int | None = None) -> A | None:
        """The aggregate, deleted or not; None when its stream has not begun."""
        if version is not None and version < 1:
            return None
        if version is not None:
            return self._repository.at_version(kind, id, version)
        return self._repository.get(kind, id)

    def history(self, kind: type[A], id: str) -> list[Recorded]:
        """All the events of an aggregate, in order."""
        return [decode(row) for row in self.store.read_stream(kind.stream(id))]

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        *,
        upto: int | None = None,
        topics: Sequence[str] = (),
        tag: tuple[str, str] | None = None,
    ) -> Sequence[Row]:
        """Stored events in the order of the log, above the position `after` and at most `upto`."""
        return self.store.read(after, limit, upto=upto, topics=topics, tag=tag)

    def recorded_by(self, receipt: Receipt) -> Sequence[Row]:
        """The stored events of an append."""
        return self.store.by_position(receipt.positions) if receipt.positions else ()

    def begun_by(self, kind: type[Aggregate], receipt: Receipt) -> str:
        """The id of the aggregate of that kind that an append created.

        Raises:
            CommandIdReused: it created none, so the command id belongs to another command.
        """
        for row in self.recorded_by(receipt):
            category, _, id = row.stream_id.partition("-")
            if category == kind.CATEGORY and row.version == 1:
                return id
        raise CommandIdReused

    def existing(self, streams: Iterable[str]) -> set[str]:
        """Those of the streams that have events."""
        return self.store.existing(streams)

    def holders(self, key: str) -> Sequence[str]:
        """The streams that hold a key."""
        return self.store.holders(key)

    def head(self) -> int:
        """The position of the last event in the log."""
        return self.store.head()

    def acting_as(
        self, actor: str | None = None, *, correlation_id: str | None = None, causation_id: str | None = None
    ) -> AbstractContextManager[None]:
        """Everything recorded inside carries this actor (`user:ann`) and these ids."""
        return envelope.acting_as(actor, correlation_id=correlation_id, causation_id=causation_id)

    def close(self) -> None:
        self._core.close()

    def _settle(self, unit: Unit) -> Receipt:
        try:
            return self._append(unit)
        except ConcurrencyConflict as conflict:
            self._forget(conflict)
            if not unit.replay(conflict):
                raise
        give_up = time.monotonic() + PATIENCE
        # Threads of this process retry one at a time; otherwise each would make the others conflict again.
        with self._contended:
            while True:
                try:
                    return self._append(unit)
                except ConcurrencyConflict as conflict:
                    self._forget(conflict)
                    # Jitter, for the writers in other processes, which do not share the lock.
                    time.sleep(random.uniform(0, 0.01))  # noqa: S311
                    if time.monotonic() > give_up or not unit.replay(conflict):
                        raise

    def _append(self, unit: Unit) -> Receipt:
        if not unit.recorded:
            return self._repeated(unit.command_id) or self._nothing(unit.command_id)
        try:
            appended = self._core.events.put(unit.recorded, conditions=unit.conditions())
        except AlreadyDone as done:
            return Receipt(done.positions[-1] if done.positions else self.head(), done.positions, repeated=True)
        except ClaimUnmet as unmet:
            raise unmet.claim.refused(key=unmet.claim.key, holder=unmet.holder) from None
        positions = [one.notification.id for one in appended]
        self._repository.keep(unit.states())
        self._snapshot(unit)
        return Receipt(positions[-1], positions)

    def _forget(self, conflict: ConcurrencyConflict) -> None:
        """What is kept of the stream may be what the log has lost, as after a failover."""
        self._repository.forget(str(conflict.details.get("stream")))

    def _nothing(self, command_id: str | None) -> Receipt:
        """Nothing changed; the command id is recorded all the same, so that a repetition does not decide anew."""
        if command_id:
            try:
                self.store.insert_events([], conditions=Conditions(command_id=command_id))
            except AlreadyDone as done:  # recorded by another writer in between
                return Receipt(done.positions[-1] if done.positions else self.head(), done.positions, repeated=True)
        return Receipt(self.head())

    def _repeated(self, command_id: str | None) -> Receipt | None:
        done = self.store.done(command_id) if command_id else None
        return None if done is None else Receipt(done[-1] if done else self.head(), done, repeated=True)

    def _snapshot(self, unit: Unit) -> None:
        for past in unit.recorded:
            if past.version and past.version % self.SNAPSHOT_EVERY == 0:
                category, _, id = past.stream_id.partition("-")
                kind = Aggregate.CATEGORIES[category]
                state = self.find_any(kind, id, past.version)
                assert state is not None
                assert self._core.snapshots is not None
                self._core.snapshots.put([cast(Any, Snapshot.take(state))])

    def _recorded(self, receipt: Receipt) -> None:
        """Called after every append; the open ledger brings its tables up to date here when asked to."""
