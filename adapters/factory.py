"""What eventsourcing asks of an infrastructure: recorders for events and snapshots, on one SQLAlchemy engine."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, Protocol

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

from workledger.adapters.backup import OnCopied
from workledger.adapters.database import (
    DatabaseNotFound,
    DatabaseUnreachable,
    ForeignDatabase,
    NewerDatabase,
    OlderDatabase,
    reason_of,
    without_password,
)
from workledger.adapters.own_transaction.store import OwnConnection, Transaction
from workledger.adapters.schema import COMMANDS, META, METADATA, VERSION
from workledger.adapters.snapshots import SnapshotStore
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.tables import Bulk

URL = "WORKLEDGER_URL"
CREATE = "WORKLEDGER_CREATE"
"""Of the environment: whether our tables may be made where there are none; `n` says no."""

READ_ONLY = "WORKLEDGER_READ_ONLY"
"""Of the environment: `y` says that nothing is written."""

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
        self.read_only = self.env.get(READ_ONLY) == "y"
        self._url, self._create = str(self.env.get(URL)), self.env.get(CREATE) != "n" and not self.read_only
        if not self._create and not self.exists(self._url):
            raise self._not_found()
        self.engine = self.connect(self._url)
        try:
            self.prepare()
        except sa.exc.DBAPIError as error:
            self.close()
            raise DatabaseUnreachable(reason=self.place + reason_of(error.orig)) from None
        except Refused:
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
            OlderDatabase: it has those of an earlier release, and nothing is to be written.
        """
        with self.engine.connect() as connection:
            if (found := self._version(connection)) == VERSION:
                return
            if self.read_only:
                self._refuse(connection, found)
        with self.engine.execution_options(writing=True).begin() as connection:
            self.exclusively(connection)
            if sa.inspect(connection).has_table(META.name):
                self._upgrade(connection, _known(self._version(connection)))
                return
            if reason := self.foreign(connection):
                raise ForeignDatabase(reason=reason)
            if not self._create:
                raise self._not_found()
            METADATA.create_all(connection)
            self.protect(connection)
            connection.execute(META.insert().values(key="version", value=VERSION))

    def foreign(self, connection: sa.Connection) -> str | None:
        """What shows that a database without our tables belongs to another program; None when it is empty."""
        inspector = sa.inspect(connection)
        names = [*inspector.get_table_names(), *inspector.get_view_names()]
        return f"it has a table or view {names[0]}" if names else None

    def _upgrade(self, connection: sa.Connection, found: str) -> None:
        """From the version that was found, step by step, by methods such as `upgrade_1_2`."""
        for step in range(int(found), int(VERSION)):
            getattr(self, f"upgrade_{step}_{step + 1}", lambda connection: None)(connection)
        METADATA.create_all(connection)
        for table in METADATA.sorted_tables:
            for index in table.indexes:
                index.create(connection, checkfirst=True)
        self.protect(connection)
        connection.execute(META.update().where(META.c.key == "version").values(value=VERSION))

    def upgrade_2_3(self, connection: sa.Connection) -> None:
        """A command id has a digest of what was asked for."""
        if all(column["name"] != "digest" for column in sa.inspect(connection).get_columns(COMMANDS.name)):
            connection.exec_driver_sql("alter table commands add column digest text")

    @abstractmethod
    def protect(self, connection: sa.Connection) -> None:
        """Have the database refuse to change or delete events, unless the table `workledger` has the key `erasing`."""

    def _not_found(self) -> DatabaseNotFound:
        return DatabaseNotFound(url=without_password(self._url))

    def _version(self, connection: sa.Connection) -> str | None:
        inspector = sa.inspect(connection)
        if not inspector.has_table(META.name):
            return None
        ours = {*META.c.keys()} <= {column["name"] for column in inspector.get_columns(META.name)}
        return connection.scalar(OUR_VERSION) if ours else None

    def _refuse(self, connection: sa.Connection, found: str | None) -> NoReturn:
        """
        Raises:
            Refused: why a database whose tables are not of this release cannot be read.
        """
        if sa.inspect(connection).has_table(META.name):
            raise OlderDatabase(found=_known(found), known=VERSION)
        if reason := self.foreign(connection):
            raise ForeignDatabase(reason=reason)
        raise self._not_found()

    @abstractmethod
    def application_recorder(self) -> ApplicationRecorder:
        """The event store."""

    @abstractmethod
    def own_transaction(self, connection: OwnConnection) -> Transaction:
        """The transaction of an app's that is open on its connection.

        Raises:
            ConnectionUnsupported: it is not one of a driver that is served.
        """

    @abstractmethod
    def backup(self, path: Path, on_copied: OnCopied) -> None:
        """Write a copy of the database to a file that is there and empty, while others use the database.

        Raises:
            BackupFailed: it cannot be made.
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


def _known(found: str | None) -> str:
    """The version of a database's tables, when this release knows it.

    Raises:
        ForeignDatabase: its table `workledger` is not ours.
        NewerDatabase: a newer release made them.
    """
    if found is None or not (found.isascii() and found.isdecimal() and int(found)):
        raise ForeignDatabase(reason="its table workledger has no version of ours")
    if int(found) > int(VERSION):
        raise NewerDatabase(found=found, known=VERSION)
    return found
