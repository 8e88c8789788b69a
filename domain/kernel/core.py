"""eventsourcing's application around our event store and our repository."""

import logging
from typing import Any, ClassVar, TypeVar, cast

from eventsourcing.application import Application
from eventsourcing.utils import EnvType

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.fields import storable
from workledger.domain.kernel.mapping import Envelopes
from workledger.domain.kernel.repository import Repository
from workledger.domain.kernel.snapshot import Snapshot
from workledger.domain.kernel.store import EventStore

A = TypeVar("A", bound=Aggregate)

logger = logging.getLogger(__name__)


class Core(Application[str]):
    """eventsourcing's application: it maps events and appends them. Aggregates come from `aggregates`."""

    fatal: ClassVar[tuple[type[Exception], ...]] = ()
    """Errors after which the events that were just appended are not stored."""
    is_snapshotting_enabled = True
    snapshot_class = Snapshot
    env: ClassVar[dict[str, str]] = {"MAPPER_TOPIC": f"{Envelopes.__module__}:{Envelopes.__name__}"}

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.aggregates = Repository(self.store)

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
        return self.aggregates.get(kind, id) if version is None else self.aggregates.at_version(kind, id, version)
