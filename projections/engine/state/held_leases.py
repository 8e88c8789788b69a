"""Held leases: those of a block, which a thread renews, and those of a loop, which renews them between batches."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from workledger.projections.engine.state import leases
from workledger.projections.engine.state.lease import LONGEST
from workledger.projections.engine.tables import ReadTables

RENEWALS = 3
"""How often a lease is renewed in the time that it lasts."""


class HeldLeases:
    """Leases that a thread renews for as long as the block of `hold` runs."""

    def __init__(self, tables: ReadTables, names: set[str], owner: str) -> None:
        self._tables, self._names, self._owner = tables, names, owner
        self._over = threading.Event()
        self._lost = False

    def check(self) -> None:
        """
        Raises:
            LeaseLost: one of them is no longer ours.
        """
        if self._lost:
            raise leases.LeaseLost

    def lock(self, connection: sa.Connection) -> None:
        """Nobody takes or revokes one of them before this transaction ends.

        Raises:
            LeaseLost: one of them is no longer ours.
        """
        if leases.lock(connection, self._names, self._owner) != self._names:
            raise leases.LeaseLost

    def release(self, connection: sa.Connection) -> None:
        """Give them back in this transaction: a cancellation that waits for it finds that it came too late."""
        leases.give_back(connection, self._owner, self._names)

    def renew(self) -> None:
        """Renew them again and again, until the block ends. While the database is away, nothing counts as lost."""
        while not self._over.wait(leases.SECONDS / RENEWALS):
            try:
                with self._tables.writing() as connection:
                    held = leases.renew(connection, self._names, self._owner)
            except (sa.exc.SQLAlchemyError, OSError):
                continue
            if held != self._names:
                self._lost = True
                return

    def end(self) -> None:
        self._over.set()


@contextmanager
def hold(tables: ReadTables, names: Iterable[str], owner: str) -> Iterator[HeldLeases | None]:
    """All of the leases, renewed during the block and given back after it; None when another owner has one of them."""
    wanted = set(names)
    taken = leases.take(tables, wanted, owner)
    if taken != wanted:
        leases.release(tables, owner, taken)
        yield None
        return
    held = HeldLeases(tables, wanted, owner)
    renewing = threading.Thread(target=held.renew, name="workledger-leases", daemon=True)
    renewing.start()
    try:
        yield held
    finally:
        held.end()
        renewing.join()
        leases.release(tables, owner, wanted)


class LoopLeases:
    """The leases of a loop, which asks between batches whether they are due to be renewed.

    Args:
        seconds: how long they last: other loops wait so long before they take over from one that has died.
    """

    def __init__(self, tables: ReadTables, seconds: float) -> None:
        self._tables, self._owner, self._seconds = tables, leases.new_owner(), min(seconds, LONGEST)
        self._due_at = 0.0

    @property
    def due(self) -> bool:
        return time.monotonic() >= self._due_at

    def renew(self, names: Iterable[str], *, pool: str | None = None) -> set[str]:
        """Renew and take what can be had of these leases (see `leases.take`); the names of those that are ours."""
        began = time.monotonic()  # before the database is asked: while it is slow, the time of the lease passes
        held = leases.take(self._tables, names, self._owner, self._seconds, pool=pool)
        self._due_at = began + self._seconds / RENEWALS
        return held

    def renew_at_once(self) -> None:
        """They are due."""
        self._due_at = 0.0

    def release(self, names: Iterable[str] | None = None) -> None:
        leases.release(self._tables, self._owner, names)
