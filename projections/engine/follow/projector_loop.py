"""The projector as a loop of its own: woken by appends, and polling for those that nobody tells it about.

Leases say which groups it works on, so that any number of processes may run one. Tables that this release declares
differently are rebuilt beside the old ones, which serve meanwhile.
"""

import threading
import time
from collections.abc import Callable

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.writing import Checkpoints
from workledger.projections.engine.follow.background import BackgroundRebuild
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.worker_loop import WorkerLoop
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.checkpoints import Superseded


class ProjectorLoop(WorkerLoop):
    """Start it, wake it, and stop it; see WorkerLoop. A rebuild that is stopped with it goes on at the next start.

    Args:
        on_advance: called with the position that all groups have reached, whenever that has changed.
        lease_seconds: how long others wait before they take over from a loop that has died.
    """

    def __init__(
        self,
        projector: Projector,
        *,
        on_advance: Callable[[int], None] | None = None,
        lease_seconds: float = leases.SECONDS,
    ) -> None:
        super().__init__("projector")
        self.projector = projector
        self.position = 0
        self.mine: frozenset[Group] = frozenset()
        """The groups that it works on."""
        self._owner, self._lease_seconds, self._renew_at = leases.new_owner(), lease_seconds, 0.0
        self._on_advance = on_advance or (lambda position: None)
        self._standing: Checkpoints = {}
        self._fitted: set[Group] = set()
        """Groups whose tables have once been declared as this release declares them, since it started."""
        self._others: frozenset[Group] = frozenset()
        """Groups that another release has rebuilt since."""
        self._look_again = threading.Event()
        self._rebuild = BackgroundRebuild(projector, self._rebuilt)
        self._changed = threading.Condition()

    @property
    def error(self) -> str | None:
        """What went wrong in the last attempt to follow the log, or to rebuild; or that another release has come."""
        names = ", ".join(group.name for group in self.projector.groups if group in self._others)
        others = f"another release has rebuilt {names}; this one leaves it alone" if names else None
        return super().error or self._rebuild.failure or others

    def wait_for(self, position: int, timeout: float) -> bool:
        """Wait until the read tables have reached a position; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.position >= position or self._over.is_set(), timeout)

    def step(self) -> bool:
        """Bring the groups that are ours towards the head of the log; whether there was anything to do."""
        try:
            return self._forward()
        except Superseded:
            self._look_again.set()
            return True

    def recover(self) -> None:
        self._renew_at = 0.0

    def leave(self) -> None:
        self._rebuild.stop()
        leases.release(self.projector.tables, self._owner)

    def _forward(self) -> bool:
        if time.monotonic() >= self._renew_at:
            self._renew()
        if self._look_again.is_set():
            self._look_again.clear()
            self._look()
        head = self.projector.store.head()
        behind = any(at.position < head for at in self._standing.values())
        if behind:
            self._standing = self.projector.forward(self._standing, head, self._go_on)
        whole = len(self._standing) == len(self.projector.groups)
        self._reached(min(at.position for at in self._standing.values()) if whole else self.projector.position())
        return behind

    def _go_on(self) -> bool:
        """A long way is broken off when the leases are to be renewed."""
        return not self._over.is_set() and time.monotonic() < self._renew_at

    def _renew(self) -> None:
        """Take the leases that are free, keep ours, and look where everything stands."""
        names = {f"group:{group.name}": group for group in self.projector.groups if group not in self._others}
        taken = leases.take(self.projector.tables, names, self._owner, self._lease_seconds)
        self.mine = frozenset(names[name] for name in taken)
        self._renew_at = time.monotonic() + self._lease_seconds / 3
        self._look_again.set()

    def _look(self) -> None:
        """See where our groups stand. Those that are declared differently are rebuilt, unless they were not so before:
        then another release has come, and follows the log with them."""
        standing = self.projector.checkpoints()
        fitting = {group: at for group, at in standing.items() if at.fingerprint == group.fingerprint}
        self._others = frozenset(self._fitted - set(fitting))
        self._fitted |= set(fitting)
        self._standing = {group: at for group, at in fitting.items() if group in self.mine}
        if lost := self.mine & self._others:
            leases.release(self.projector.tables, self._owner, [f"group:{group.name}" for group in lost])
            self.mine -= lost
        self._rebuild.begin([group for group in standing if group not in self._fitted])

    def _rebuilt(self) -> None:
        self._look_again.set()
        self._awake.set()

    def _reached(self, position: int) -> None:
        if position != self.position:
            with self._changed:
                self.position = position
                self._changed.notify_all()
            self._on_advance(position)
