"""Where snapshots of aggregates are kept."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.persistence import AggregateRecorder, StoredEvent

from workledger.adapters.failures import database_errors
from workledger.adapters.schema import SNAPSHOTS


class SnapshotStore(AggregateRecorder):
    """Snapshots of aggregates, by stream and version."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        with database_errors(ours=True), self.engine.execution_options(writing=True).begin() as connection:
            for statement in self._insertions(stored_events):
                connection.execute(statement)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        chosen = SNAPSHOTS.select().where(SNAPSHOTS.c.stream_id == originator_id, SNAPSHOTS.c.version > (gt or 0))
        if lte is not None:
            chosen = chosen.where(SNAPSHOTS.c.version <= lte)
        order = SNAPSHOTS.c.version.desc() if desc else SNAPSHOTS.c.version
        return [StoredEvent(*row) for row in self._execute(chosen.order_by(order).limit(limit))]

    def _insertions(self, stored_events: Sequence[StoredEvent]) -> Iterator[sa.Executable]:
        """A snapshot replaces that of the same version."""
        for one in stored_events:
            at = (SNAPSHOTS.c.stream_id == one.originator_id) & (SNAPSHOTS.c.version == one.originator_version)
            yield SNAPSHOTS.delete().where(at)
            yield SNAPSHOTS.insert().values(
                stream_id=one.originator_id, version=one.originator_version, topic=one.topic, state=one.state
            )

    def _execute(self, statement: sa.Executable) -> list[tuple[Any, ...]]:
        with database_errors(ours=True), self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(statement)]
