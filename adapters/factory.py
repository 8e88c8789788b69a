"""What eventsourcing asks of an infrastructure: recorders for events and snapshots, on one SQLAlchemy engine."""

from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

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

from workledger.adapters.database import (
    DatabaseNotFound,
    DatabaseUnreachable,
    ForeignDatabase,
    NewerDatabase,
    reason_of,
    without_password,
)
from workledger.adapters.own_transaction.store import OwnConnection, Transaction
from workledger.adapters.recorder import SnapshotStore
from workledger.adapters.schema import META, METADATA, VERSION
from workledger.projections.engine.tables import Bulk

URL = "WORKLEDGER_URL"
CREATE = "WORKLEDGER_CREATE"
"""Of the environment: whether our tables may be made where there are none; `n` says no."""

OUR_VERSION = sa.select(META.c.value).where(META.c.key == "version")


class Wakeups(Protocol):
    """Wake-ups between processes: they only save waiting, and may be lost."""

    def notify(self) -> None:
        """Wake the other processes: something was appended and committed."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called when something was appended."""

    def close(self) -> None:
        """Stop."""


class DatabaseFactory(InfrastructureFactory[TrackingRecorder]):
    """Opens the database, and makes the ledger's tables in it, unless it is another program's or need not be made."""

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        self._url, self._create = str(self.env.get(URL)), self.env.get(CREATE) != "n"
        if not self._create and not self.exists(self._url):
            raise self._not_found()
        self.engine = self.connect(self._url)
        try:
            self.prepare()
        except sa.exc.DBAPIError as error:
            self.close()
            raise DatabaseUnreachable(reason=self.place + reason_of(error.orig)) from None
        except (DatabaseNotFound, ForeignDatabase, NewerDatabase):
            self.close()
            raise

    place = ""
    """Where the database is, for the message that it cannot be reached, unless the driver's error says it."""
    bulk: Bulk
    """How read tables are written in bulk."""
    wakeups: Wakeups | None = None
    """How processes wake each other after appends; None where the database cannot."""

    @abstractmethod
    def connect(self, url: str) -> sa.Engine:
        """An engine for that URL."""

    def exists(self, url: str) -> bool:
        """Whether there is a database: False where opening it would make one."""
        return True

    @abstractmethod
    def exclusively(self, connection: sa.Connection) -> None:
        """Keep other processes from making tables until the transaction ends."""

    def prepare(self) -> None:
        """Make the ledger's tables where there are none, and upgrade those of an earlier release.

        Raises:
            DatabaseNotFound: there are none, and none are to be made.
            ForeignDatabase: it has tables, but not the ledger's.
            NewerDatabase: it has those of a newer release.
        """
        if self._version() == VERSION:
            return
        with self.engine.execution_options(writing=True).begin() as connection:
            self.exclusively(connection)
            names = sa.inspect(connection).get_table_names()
            if META.name in names:
                self._upgrade(connection, str(connection.scalar(OUR_VERSION)))
                return
            if names:
                raise ForeignDatabase(reason=f"it has a table {names[0]}")
            if not self._create:
                raise self._not_found()
            METADATA.create_all(connection)
            self.protect(connection)
            connection.execute(META.insert().values(key="version", value=VERSION))

    def _upgrade(self, connection: sa.Connection, found: str) -> None:
        """From the version that was found, step by step. A database's own step is a method such as `upgrade_1_2`."""
        if not found.isdigit() or int(found) > int(VERSION):
            raise NewerDatabase(found=found, known=VERSION)
        for step in range(int(found), int(VERSION)):
            getattr(self, f"upgrade_{step}_{step + 1}", lambda connection: None)(connection)
        METADATA.create_all(connection)
        for table in METADATA.sorted_tables:
            for index in table.indexes:
                index.create(connection, checkfirst=True)
        self.protect(connection)
        connection.execute(META.update().where(META.c.key == "version").values(value=VERSION))

    @abstractmethod
    def protect(self, connection: sa.Connection) -> None:
        """Have the database refuse to change or delete events, unless the table `workledger` has the key `erasing`."""

    def _not_found(self) -> DatabaseNotFound:
        return DatabaseNotFound(url=without_password(self._url))

    def _version(self) -> str | None:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table(META.name):
                return None
            return connection.scalar(OUR_VERSION)

    @abstractmethod
    def application_recorder(self) -> ApplicationRecorder:
        """The event store."""

    @abstractmethod
    def own_transaction(self, connection: OwnConnection) -> Transaction:
        """The transaction of an app's that is open on its connection.

        Raises:
            ConnectionUnsupported: it is not one of a driver that is served.
        """

    def aggregate_recorder(self, purpose: str = "events") -> AggregateRecorder:
        return SnapshotStore(self.engine)

    def tracking_recorder(self, tracking_recorder_class: type[TrackingRecorder] | None = None) -> TrackingRecorder:
        """Not offered: read tables keep their own checkpoints."""
        raise NotSupportedError

    def process_recorder(self) -> ProcessRecorder:
        """Not offered: read tables keep their own checkpoints."""
        raise NotSupportedError

    def close(self) -> None:
        if self.wakeups is not None:
            self.wakeups.close()
        self.engine.dispose()
