"""The ledger as an app uses it in a transaction of its own: `ledger.on(connection)` gives one."""

from collections.abc import Iterator
from contextlib import contextmanager

from workledger.adapters.database import DatabaseUnreachable
from workledger.adapters.own_transaction.refusals import TransactionAborted, TransactionDeadlock
from workledger.adapters.own_transaction.store import Transaction, TransactionSnapshots, TransactionStore
from workledger.adapters.recorder import DatabaseStore
from workledger.domain.kernel.appender import Appender
from workledger.domain.kernel.core import Core
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.parents import Parents
from workledger.domain.kernel.repository import Repository
from workledger.domain.kernel.unit import Clean, Unit


class TransactionCore(Core):
    """The application of a ledger, with what it stores and reads in a transaction."""

    fatal = (TransactionAborted, TransactionDeadlock, DatabaseUnreachable)

    def __init__(self, core: Core, store: TransactionStore) -> None:
        vars(self).update(vars(core))
        self.recorder = store
        self.events = self.construct_event_store()
        snapshots = TransactionSnapshots(store.engine, store.transaction)
        self.snapshots = self.factory.event_store(mapper=self.mapper, recorder=snapshots)
        self.aggregates = Repository(store, kept=0)  # what is not committed is nobody else's

    def close(self) -> None:
        """Nothing: eventsourcing calls this when an application is not used any more, but the ledger goes on."""


class TransactionLedger(Ledger):
    """What is recorded here is in the app's transaction: it is committed or rolled back with it, and never before.

    Aggregates are read as that transaction sees them, with what was recorded in it. The log is read as by everybody:
    `read` and `head` go as far as it is committed. Other processes are woken by the commit; read tables are brought up
    after it, by `catch_up` or a projector.

    A refusal undoes its own unit of work alone, and leaves the rest of the transaction usable. Only
    TRANSACTION_ABORTED, TRANSACTION_DEADLOCK and TRANSACTION_STALE say that it must be rolled back.
    """

    def __init__(self, core: Core, store: DatabaseStore, transaction: Transaction, clean: Clean) -> None:
        self.clean = clean
        self.store = TransactionStore(store, transaction)
        self._transaction = transaction
        self._core = TransactionCore(core, self.store)
        # Not the appender of the ledger, nor its lock: a unit that is replayed there may wait for this transaction.
        self._appender = Appender(self._core)
        # Of its own, too: what this transaction creates may be rolled back.
        self._parents = Parents(self.find_any)

    @contextmanager
    def unit(self, command_id: str | None = None, *, digest: str | None = None) -> Iterator[Unit]:
        self._transaction.check()
        with super().unit(command_id, digest=digest) as unit:
            yield unit

    def close(self) -> None:
        """Nothing: the connection and its transaction are the app's."""
