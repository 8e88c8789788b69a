"""eventsourcing's application around our event store, and how snapshots and events are folded into aggregates."""

import logging
from collections.abc import Iterable
from typing import Any, ClassVar, TypeVar, cast

from eventsourcing.application import AggregateNotFoundError, Application

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.envelope import Recorded
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.mapping import Envelopes, Snapshot, decode, shape
from workledger.domain.kernel.store import EventStore

A = TypeVar("A", bound=Aggregate)

LAST_VERSION = 2**31 - 1

logger = logging.getLogger(__name__)


class Core(Application[str]):
    """eventsourcing's application around our event store: mapper, repository and snapshots."""

    fatal: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors after which the events that were just appended are not stored."""
    is_snapshotting_enabled = True
    snapshot_class = Snapshot
    env: ClassVar[dict[str, str]] = {"MAPPER_TOPIC": f"{Envelopes.__module__}:{Envelopes.__name__}"}

    @property
    def store(self) -> EventStore:
        return cast(EventStore, self.recorder)

    def keep_snapshot(self, kind: type[A], id: str, version: int) -> None:
        """Store a snapshot of an aggregate at a version. It only saves time, so one that cannot be stored is left out:
        the events that it is of are stored already."""
        assert self.snapshots is not None
        try:
            aggregate = self.load(kind, id, version)
            assert aggregate is not None
            self.snapshots.put([cast(Any, Snapshot.take(aggregate))])
        except self.fatal:
            raise
        except Exception:
            logger.warning("no snapshot of %s at version %d", kind.stream(id), version, exc_info=True)

    def load(self, kind: type[A], id: str, version: int | None = None) -> A | None:
        """The aggregate, deleted or not, current or at a version; None when its stream has not begun."""
        if (version is not None and version < 1) or not storable(id):
            return None
        version = None if version is None else min(version, LAST_VERSION)
        try:
            return cast(A, self.repository.get(kind.stream(id), version=version, projector_func=folding(kind, id)))
        except AggregateNotFoundError:
            return None
        except StaleSnapshot:
            rows = self.store.read_stream(kind.stream(id), limit=version)
            return kind.fold(id, (decode(row).event for row in rows))


class StaleSnapshot(Exception):
    """The snapshot is of an aggregate class with other fields."""


def folding(kind: type[A], id: str) -> Any:
    """The projector function that folds a stream's snapshot and later events into an aggregate.

    Raises:
        StaleSnapshot: by the function, when the class has other fields than the snapshot."""

    def fold(before: A | None, history: Iterable[Recorded | Snapshot]) -> A | None:
        for past in history:
            if isinstance(past, Snapshot):
                if past.fields != shape(kind):
                    raise StaleSnapshot
                before = kind.model_validate(past.state)
            else:
                before = kind.begin(id, past.event) if before is None else before.after(past.event)
        return before

    return fold
