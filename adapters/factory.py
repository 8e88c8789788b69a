"""What eventsourcing asks of an infrastructure: recorders for events and snapshots, on one SQLAlchemy engine."""

from abc import abstractmethod
from contextlib import AbstractContextManager

import sqlalchemy as sa
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    NotSupportedError,
    ProcessRecorder,
    TrackingRecorder,
)
from eventsourcing.utils import Environment, EnvType

from workledger.adapters.append import Writing
from workledger.adapters.database import DatabaseUnreachable, ForeignDatabase
from workledger.adapters.recorder import DatabaseStore, SnapshotStore
from workledger.adapters.schema import META, METADATA, VERSION
from workledger.projections.tables import Bulk

URL = "WORKLEDGER_URL"
OUR_VERSION = sa.select(META.c.value).where(META.c.key == "version")


class DatabaseFactory(InfrastructureFactory[TrackingRecorder]):
    """Opens the database, and makes our tables in it unless it is another program's."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self.engine = self.connect(str(self.env.get(URL)))
        try:
            self.prepare()
        except sa.exc.DBAPIError as error:
            self.close()
            raise DatabaseUnreachable(reason=str(error.orig).strip().splitlines()[0]) from None
        except ForeignDatabase:
            self.close()
            raise

    bulk: Bulk
    """How read tables are written in bulk."""

    @abstractmethod
    def connect(self, url: str) -> sa.Engine:
        """An engine for that URL."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Writing]:
        """A transaction that no other writer of events overlaps."""

    @abstractmethod
    def exclusively(self, connection: sa.Connection) -> None:
        """Let no other process make tables at the same time."""

    def prepare(self) -> None:
        """Make our tables where there are none.

        Raises:
            ForeignDatabase: it has tables, but not ours, or ours of a newer release.
        """
        if self._version() == VERSION:
            return
        with self.engine.execution_options(writing=True).begin() as connection:
            self.exclusively(connection)
            names = sa.inspect(connection).get_table_names()
            if META.name in names:
                found = connection.scalar(OUR_VERSION)
                if found != VERSION:
                    raise ForeignDatabase(reason=f"its tables are of version {found}, this release knows {VERSION}")
                return
            if names:
                raise ForeignDatabase(reason=f"it has a table {names[0]}")
            METADATA.create_all(connection)
            self.protect(connection)
            connection.execute(META.insert().values(key="version", value=VERSION))

    @abstractmethod
    def protect(self, connection: sa.Connection) -> None:
        """Refuse to change or delete stored events, but while the table workledger says `erasing`."""

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table(META.name):
                return None
            return connection.scalar(OUR_VERSION)

    def application_recorder(self) -> ApplicationRecorder:
        return DatabaseStore(self.engine, self.writing)

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return SnapshotStore(self.engine)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        """Not offered: read tables keep their own checkpoints."""
        raise NotSupportedError

    def process_recorder(self) -> ProcessRecorder:
        """Not offered: read tables keep their own checkpoints."""
        raise NotSupportedError

    def close(self) -> None:
        self.engine.dispose()
