"""Refusals of an app's own connection or transaction, where a promise of the event store could not be kept."""

from workledger.domain.kernel.refusals import Refused


class ConnectionUnsupported(Refused):
    """The ledger cannot record on that connection: {reason}"""

    code = "CONNECTION_UNSUPPORTED"


class ConnectionElsewhere(Refused):
    """That connection leads to {found}, but the ledger is in {ledger}; one transaction cannot hold both, an outbox
    can."""

    code = "CONNECTION_ELSEWHERE"


class TransactionMissing(Refused):
    """That connection commits every statement by itself: begin a transaction on it first."""

    code = "TRANSACTION_MISSING"


class TransactionAborted(Refused):
    """That transaction has failed, and nothing of it can be committed: {reason}"""

    code = "TRANSACTION_ABORTED"


class TransactionIsolation(Refused):
    """That transaction is {isolation}, so it would check versions and claims in a snapshot that is older than its
    locks; begin it as read committed."""

    code = "TRANSACTION_ISOLATION"


class TransactionStale(Refused):
    """Others have written to the database since that transaction began to read: roll it back, and begin the next one
    with BEGIN IMMEDIATE."""

    code = "TRANSACTION_STALE"


class TransactionDeadlock(Refused):
    """That transaction and another one waited for each other: roll it back and run it again."""

    code = "TRANSACTION_DEADLOCK"


class TransactionOpen(Refused):
    """A transaction in which the ledger was written here is still open, and this append might wait for it for ever:
    record on the same connection, or end that transaction first."""

    code = "TRANSACTION_OPEN"
