"""eventsourcing's application around our event store and our repository."""

from typing import ClassVar, TypeVar, cast

from eventsourcing.application import Application
from eventsourcing.utils import EnvType

from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.kernel.mapping import Envelopes, Snapshot
from workledger.domain.kernel.repository import Repository
from workledger.domain.kernel.store import EventStore

A = TypeVar("A", bound=Aggregate)


class Core(Application[str]):
    """eventsourcing's application: it maps events and appends them. Aggregates come from `aggregates`."""

    is_snapshotting_enabled = True
    snapshot_class = Snapshot
    env: ClassVar[dict[str, str]] = {"MAPPER_TOPIC": f"{Envelopes.__module__}:{Envelopes.__name__}"}

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.aggregates = Repository(self.store)

    @property
    def store(self) -> EventStore:
        return cast(EventStore, self.recorder)

    def load(self, kind: type[A], id: str, version: int | None = None) -> A | None:
        """The aggregate, deleted or not, current or at a version; None when its stream has not begun."""
        if version is not None and version < 1:
            return None
        return self.aggregates.get(kind, id) if version is None else self.aggregates.at_version(kind, id, version)
