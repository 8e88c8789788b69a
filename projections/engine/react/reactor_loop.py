"""The reactor as a loop of its own. A lease says which process runs the policies; the others stand by."""

from workledger.projections.engine.follow.worker_loop import WorkerLoop
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.held_leases import LoopLeases

LEASE = "policies"


class ReactorLoop(WorkerLoop):
    """Start it, wake it, and stop it; see WorkerLoop.

    Args:
        lease_seconds: how long others wait before they take over from a loop that has died.
    """

    def __init__(self, reactor: Reactor, *, lease_seconds: float = leases.SECONDS) -> None:
        super().__init__("reactor")
        self.reactor, self.leading = reactor, False
        self._leases = LoopLeases(reactor.tables, lease_seconds)

    def step(self) -> bool:
        if self._leases.due:
            self._renew()
        return self.leading and self.reactor.forward(self._go_on)

    def recover(self) -> None:
        self.leading = False
        self._leases.renew_at_once()
        self.reactor.forget()

    def leave(self) -> None:
        if self.leading:
            self.reactor.save()
        self._leases.release()

    def _go_on(self) -> bool:
        """A long run over the log is interrupted when the lease is due to be renewed."""
        return not self._over.is_set() and not self._leases.due

    def _renew(self) -> None:
        led_before = self.leading
        self.reactor.prepare()
        self.leading = bool(self._leases.renew({LEASE}))
        if self.leading and not led_before:
            self.reactor.forget()  # another process has run the policies meanwhile
