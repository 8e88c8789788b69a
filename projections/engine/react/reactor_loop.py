"""The reactor as a loop of its own. A lease says which process runs the policies; the others stand by."""

import time

from workledger.projections.engine.follow.worker_loop import WorkerLoop
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.state import leases

LEASE = "policies"


class ReactorLoop(WorkerLoop):
    """Start it, wake it, and stop it; see WorkerLoop.

    Args:
        lease_seconds: how long others wait before they take over from a loop that has died.
    """

    def __init__(self, reactor: Reactor, *, lease_seconds: float = leases.SECONDS) -> None:
        super().__init__("reactor")
        self.reactor, self.leading = reactor, False
        self._owner, self._lease_seconds, self._renew_at = leases.new_owner(), lease_seconds, 0.0

    def step(self) -> bool:
        if time.monotonic() >= self._renew_at:
            self._renew()
        return self.leading and self.reactor.forward(self._go_on)

    def recover(self) -> None:
        self.leading, self._renew_at = False, 0.0
        self.reactor.forget()

    def leave(self) -> None:
        if self.leading:
            self.reactor.save()
        leases.release(self.reactor.tables, self._owner)

    def _go_on(self) -> bool:
        """A long walk is broken off when the lease is to be renewed."""
        return not self._over.is_set() and time.monotonic() < self._renew_at

    def _renew(self) -> None:
        was = self.leading
        self.reactor.prepare()
        self.leading = bool(leases.take(self.reactor.tables, {LEASE}, self._owner, self._lease_seconds))
        self._renew_at = time.monotonic() + self._lease_seconds / 3
        if self.leading and not was:
            self.reactor.forget()
