"""Exclusive rebuilds: the leases that let one process rebuild a group, and the ways to stop it.

| | `cancel` | `interrupt` |
|---|---|---|
| who asks | a user, here or from another process (see cancel.py) | the process, when its loop stops |
| when it stops | before its next page or index | before its next page or index |
| what it has built | is dropped | stays; the next rebuild resumes it |
| what it raises | RebuildCancelled | Interrupted |

A process that is killed leaves what an interrupted one does; its leases run out.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import shadow
from workledger.projections.engine.state import checkpoints, held_leases, leases
from workledger.projections.engine.state.held_leases import HeldLeases
from workledger.projections.engine.state.leases import LeaseLost
from workledger.projections.engine.tables import ReadTables


class RebuildUnderWay(Refused):
    """Another process is rebuilding {group} right now; let it finish, then try again."""

    code = "REBUILD_UNDER_WAY"


class RebuildCancelled(Refused):
    """The rebuild of {group} was cancelled; the tables are as they were."""

    code = "REBUILD_CANCELLED"


class Interrupted(Exception):
    """The rebuild stopped where it was, and can be resumed."""


class Exclusive:
    """The right to rebuild some groups under one suffix."""

    def __init__(self, tables: ReadTables, groups: Sequence[Group], suffix: str) -> None:
        self._tables, self._groups, self._suffix = tables, groups, suffix
        self._owner = leases.new_owner()
        self._leases = {lease_of(group, suffix) for group in groups}
        self._cancelled, self._interrupted = threading.Event(), threading.Event()
        self._held: HeldLeases | None = None

    def cancel(self) -> None:
        """Have it stop, and drop what it has built."""
        self._cancelled.set()

    def interrupt(self) -> None:
        """Have it stop, and leave what it has built to be resumed."""
        self._interrupted.set()

    def wait(self, seconds: float) -> None:
        """Wait, or less when it is cancelled."""
        self._cancelled.wait(seconds)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the leases for the block.

        Raises:
            RebuildUnderWay: another process holds one of them.
            RebuildCancelled: it was cancelled during the block; what it had built is dropped.
        """
        leases.wait_for_expiry(self._tables, self._leases)
        with held_leases.hold(self._tables, self._leases, self._owner) as self._held:
            if self._held is None:
                raise RebuildUnderWay(group=self.names)
            try:
                yield
            except RebuildCancelled:
                shadow.discard(self._tables, self._groups, self._suffix)
                raise
            except Exception as error:
                if not self._is_lease_lost(error):
                    raise
                # Whoever revoked the lease drops the tables, and we drop what we wrote since. But not when another
                # rebuild holds the lease by now: then the tables are that one's.
                if leases.take(self._tables, self._leases, self._owner) == self._leases:
                    shadow.discard(self._tables, self._groups, self._suffix)
                raise RebuildCancelled(group=self.names) from None
            finally:
                self._held = None

    def check(self) -> None:
        """
        Raises:
            RebuildCancelled: it was cancelled here.
            Interrupted: it was interrupted.
            LeaseLost: it was cancelled elsewhere.
        """
        if self._cancelled.is_set():
            raise RebuildCancelled(group=self.names)
        if self._interrupted.is_set():
            raise Interrupted
        if self._held is not None:
            self._held.check()

    def lock(self, connection: sa.Connection) -> None:
        """Lock the leases, so that nobody revokes them before this transaction ends. `check` alone would not do: the
        thread that renews them learns of it only later.

        Raises:
            LeaseLost: it was cancelled elsewhere.
        """
        if self._held is not None:
            self._held.lock(connection)

    def release(self, connection: sa.Connection) -> None:
        """Release the leases with this transaction: a cancel that waits for them finds that it was too late."""
        if self._held is not None:
            self._held.release(connection)

    @property
    def names(self) -> str:
        """The names of the groups."""
        return ", ".join(group.name for group in self._groups)

    def _is_lease_lost(self, error: Exception) -> bool:
        """Whether it failed because its leases were revoked: whoever did that dropped its tables, so that any error of
        the database may follow."""
        if isinstance(error, LeaseLost | checkpoints.Superseded):
            return True
        with suppress(sa.exc.SQLAlchemyError, OSError), self._tables.writing() as connection:
            try:
                self.lock(connection)
            except LeaseLost:
                return True
        return False


def lease_of(group: Group, suffix: str) -> str:
    """The name of the lease on rebuilding a group under a suffix."""
    return f"rebuild:{group.name}{suffix}"
