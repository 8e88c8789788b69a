"""Opens a ledger on a database: the one place where everything is put together."""

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import workledger.domain.events  # noqa: F401, so that every topic is known before anything is read
from workledger.adapters.backup import OnCopied, whole
from workledger.adapters.database import DatabaseReadOnly, factory_of
from workledger.adapters.declarations import check
from workledger.adapters.factory import CREATE, READ_ONLY, URL, DatabaseFactory
from workledger.adapters.failures import database_errors
from workledger.adapters.own_transaction.ledger import TransactionLedger
from workledger.adapters.own_transaction.store import OwnConnection
from workledger.adapters.recorder import DatabaseStore
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.store import Receipt
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.tables import ReadTables
from workledger.projections.groups import GROUPS

if TYPE_CHECKING:
    from workledger.adapters.redaction import Redact
    from workledger.domain.kernel.policy import Policy
    from workledger.projections.engine.react.reactor import Reactor


logger = logging.getLogger(__name__)


class Workledger(Ledger):
    """A ledger with its read tables and policies. Use it as a context manager, or close it.

    Attributes:
        tables: what the query functions of `workledger.projections` read from.
        groups: the groups of read tables that it keeps.
        projector: brings the tables up to the log.
    """

    def __init__(
        self,
        url: str,
        *,
        project: Literal["inline"] | None = None,
        groups: Sequence[Group] = GROUPS,
        policies: "Sequence[Policy] | None" = None,
        create: bool = True,
        read_only: bool = False,
        redact: "Redact | None" = None,
    ) -> None:
        check(groups, policies or ())
        if redact is not None:
            from workledger.adapters.redaction.events import Door  # most processes redact nothing

            self.clean = Door(redact)
        factory_topic = factory_of(url)
        import_module(factory_topic.partition(":")[0])  # says by name what is not installed
        environment = {URL: url, CREATE: "y" if create else "n", READ_ONLY: "y" if read_only else "n"}
        super().__init__({"PERSISTENCE_MODULE": factory_topic, **environment})
        factory = self._core.factory
        assert isinstance(factory, DatabaseFactory)
        assert isinstance(self.store, DatabaseStore)
        self._factory, self._log = factory, self.store
        self.url, self._inline = url, project == "inline"
        self.tables = ReadTables(factory.engine, factory.bulk, self.store, database_errors)
        self.groups, self._policies = tuple(groups), policies
        self.projector = Projector(self.store, self.tables, self.groups)
        if not read_only:
            self.projector.prepare(factory.exclusively)
        self._wakeups = factory.wakeups
        self._listeners: list[Callable[[int], None]] = []
        self._listening, self._hearing = threading.Lock(), False

    @cached_property
    def policies(self) -> tuple["Policy", ...]:
        """Those that its reactor runs."""
        if self._policies is not None:
            return tuple(self._policies)
        from workledger.domain.policies import POLICIES  # most processes run no policies

        return POLICIES

    @cached_property
    def reactor(self) -> "Reactor":
        """Runs its policies: `reactor.catch_up()`, or a ReactorLoop over it."""
        from workledger.projections.engine.react.reactor import Reactor

        return Reactor(self, self.tables, self.policies)

    def catch_up(self) -> int:
        """Bring the read tables up to the end of the log; the position they have reached.

        Raises:
            Refused: the database cannot be used (DATABASE_…).
        """
        with database_errors():
            return self.projector.catch_up()

    def backup(self, path: str | os.PathLike[str], on_copied: OnCopied = lambda done, total: None) -> int:
        """Copy the ledger to a file, as it is at one moment, while others read and write it; the position of the last
        event that the copy has for certain.

        Args:
            path: the file to write: a SQLite database, or an archive of pg_dump. It is there as a whole or not at all.
            on_copied: called now and then with the bytes copied and the bytes in all; what it raises ends the backup.

        Raises:
            BackupExists: BACKUP_EXISTS, there is a file of that name.
            BackupFailed: BACKUP_FAILED, it cannot be written, or pg_dump is not installed.
        """
        head = self.head()
        with whole(Path(path)) as partial:
            self._factory.backup(partial, on_copied)
        return head

    @contextmanager
    def writable(self) -> Iterator["Workledger"]:
        """This ledger, or a copy of it when it was opened to be read only, for what needs tables of its own for a
        while, as verifying does. A copy takes as much room as the database, in the folder for temporary files.

        Raises:
            DatabaseReadOnly: it is PostgreSQL's, of which no copy is made.
        """
        if not self._factory.read_only:
            yield self
            return
        if self._factory.bulk.overlaps:
            raise DatabaseReadOnly
        with TemporaryDirectory(prefix="workledger-") as folder:
            self.backup(Path(folder, "copy.db"))
            with Workledger(f"sqlite:///{folder}/copy.db", groups=self.groups, policies=self._policies) as copy:
                yield copy

    def on(self, connection: OwnConnection) -> Ledger:
        """The ledger in a transaction of your own, which you began on that connection, and commit or roll back.

        Args:
            connection: a psycopg.Connection or sqlite3.Connection to the ledger's database, or SQLAlchemy's over one.

        Raises:
            ConnectionUnsupported: it is another one. What else is refused is refused with the first use.
            DatabaseReadOnly: the ledger was opened to be read only.
        """
        if self._factory.read_only:
            raise DatabaseReadOnly
        return TransactionLedger(self._core, self._log, self._factory.own_transaction(connection), self.clean)

    def listen(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Have `listener(position)` called after every append of this ledger; what is returned ends that.

        It is a wake-up, not a feed: whoever listens reads the log, and also polls. Where the database can carry
        wake-ups between processes, it is also called after appends of others, with the position 0.
        """
        with self._listening:
            self._listeners.append(listener)
            if self._wakeups is not None and not self._hearing:
                self._hearing = True
                self._wakeups.listen(lambda: self._call(0))
        return lambda: self._listeners.remove(listener)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _recorded(self, receipt: Receipt) -> None:
        if self._wakeups is not None:
            self._wakeups.notify()
        if self._inline:
            self._project(receipt.position)
        self._call(receipt.position)

    def _project(self, position: int) -> None:
        """What was recorded is recorded, whether or not the tables follow now: the next append brings them up too."""
        try:
            self.projector.catch_up()
        except Exception:
            logger.exception("the read tables are behind position %d", position)

    def _call(self, position: int) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(position)
            except Exception:
                logger.exception("a listener failed at position %d", position)


def open(
    url: str,
    *,
    project: Literal["inline"] | None = None,
    groups: Sequence[Group] = GROUPS,
    policies: "Sequence[Policy] | None" = None,
    create: bool = True,
    read_only: bool = False,
    redact: "Redact | None" = None,
) -> Workledger:
    """Open a ledger.

    Args:
        url: `sqlite:///work.db`, `memory:` or `postgresql://user@host/database`.
        project: "inline" brings the read tables up to date after every record; otherwise `catch_up()`, or a
            projector elsewhere, does. When it fails, that is logged and nothing is raised, as the events are stored;
            the next record or `catch_up()` brings the tables up.
        groups: the read tables that it keeps: `(*GROUPS, MINE)` has those of an app beside ours.
        policies: what may follow from events, those of workledger unless given; they are run by a reactor only.
        create: make the database's tables, and SQLite's file, when there are none.
        read_only: write nothing, not even tables, so that a file in a read-only folder, a standby or a role that may
            only select will do. What would write is refused with DATABASE_READ_ONLY.
        redact: takes secrets from every event before it is recorded, such as
            `workledger.adapters.redaction.redact_secrets`; see docs/howto/secrets.md. Nothing is taken unless given.

    Raises:
        DatabaseNotFound: DATABASE_NOT_FOUND, there is no ledger, and none was to be created.
        UnknownDatabase: DATABASE_URL_INVALID, no adapter serves the URL.
        ModuleNotFoundError: what the adapter needs is not installed.
        DatabaseUnreachable: DATABASE_UNREACHABLE.
        ForeignDatabase: DATABASE_FOREIGN, the database is another program's.
        NewerDatabase: DATABASE_NEWER, a newer release made it.
        OlderDatabase: DATABASE_OLDER, an earlier release made it, and it is to be read only.
        DeclarationInvalid: DECLARATION_INVALID, two groups, tables or policies have one name, or a table takes one
            of the event store's.
    """
    return Workledger(
        url, project=project, groups=groups, policies=policies, create=create, read_only=read_only, redact=redact
    )
