"""The transaction of the app's that a thread or task has appended in last, for as long as it is open."""

from contextvars import ContextVar
from typing import Any
from weakref import ref

import psycopg
from psycopg.pq import TransactionStatus

from workledger.adapters.own_transaction.refusals import TransactionOpen

CURRENT = b"select pg_current_xact_id_if_assigned()::text"

_last: ContextVar[tuple["ref[psycopg.Connection[Any]]", bytes] | None] = ContextVar("last", default=None)


def remember(driver: psycopg.Connection[Any], transaction_id: bytes) -> None:
    """An append was made in that transaction, which is open on that connection."""
    _last.set((ref(driver), transaction_id))


def refuse_while_open() -> None:
    """Refuse an append on a connection of ours that might wait for its own caller.

    Locks are by bucket (append.py), so any two appends may need the same one. PostgreSQL cannot see the deadlock: the
    app's connection waits for no lock, but for the program that is waiting here.

    Raises:
        TransactionOpen: the transaction has not ended.
    """
    if (last := _last.get()) is None:
        return
    driver, transaction_id = last[0](), last[1]
    if driver is not None and not driver.closed and _is_open(driver, transaction_id):
        raise TransactionOpen
    _last.set(None)


def _is_open(driver: psycopg.Connection[Any], transaction_id: bytes) -> bool:
    status = driver.info.transaction_status
    if status == TransactionStatus.INTRANS:  # in that transaction, or in a later one
        return driver.pgconn.exec_(CURRENT).get_value(0, 0) == transaction_id
    return status in (TransactionStatus.INERROR, TransactionStatus.ACTIVE)
