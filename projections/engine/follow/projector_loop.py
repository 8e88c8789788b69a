"""The projector as a loop of its own: woken by appends, and polling for those that nobody tells it about.

Any number of processes may run one: leases share the groups out evenly among them. Groups whose tables this release
declares differently are rebuilt beside the old ones, which serve meanwhile.
"""

import threading
from collections.abc import Callable
from enum import Enum, auto

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.fold.writing import Checkpoints
from workledger.projections.engine.follow.background import BackgroundRebuild
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.worker_loop import WorkerLoop
from workledger.projections.engine.state import leases
from workledger.projections.engine.state.checkpoints import Superseded
from workledger.projections.engine.state.held_leases import LoopLeases

POOL = "group:"
"""What the names of the leases begin with."""


class TablesState(Enum):
    """Whose the tables of a group are, by the fingerprint of their declaration."""

    OURS = auto()
    """This release's: the loop may follow the log with them."""
    OUTDATED = auto()
    """Those of another release, ever since the loop started: they are to be rebuilt."""
    FOREIGN = auto()
    """They were ours, and another release has rebuilt them since: they are left alone."""


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
        self.held: frozenset[Group] = frozenset()
        """The groups whose leases it holds: those that it works on."""
        self._leases = LoopLeases(projector.tables, lease_seconds)
        self._on_advance = on_advance or (lambda position: None)
        self._checkpoints: Checkpoints = {}
        self._states: dict[Group, TablesState] = {}
        self._look_again = threading.Event()
        self._rebuild = BackgroundRebuild(projector, self._rebuilt)
        self._changed = threading.Condition()

    @property
    def error(self) -> str | None:
        """What went wrong in the last attempt to follow the log, or to rebuild; or that another release has come."""
        names = ", ".join(group.name for group in self._in_state(TablesState.FOREIGN))
        foreign = f"another release has rebuilt {names}; this one leaves it alone" if names else None
        return super().error or self._rebuild.failure or foreign

    def wait_for(self, position: int, timeout: float) -> bool:
        """Wait until the read tables have reached a position; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.position >= position or self._over.is_set(), timeout)

    def step(self) -> bool:
        """Bring the groups that it holds towards the head of the log; whether there was anything to do."""
        try:
            return self._forward()
        except Superseded:
            self._look_again.set()  # perhaps another loop has taken over some of the groups
            return True

    def recover(self) -> None:
        self._leases.renew_at_once()

    def leave(self) -> None:
        self._rebuild.stop()
        self._leases.release()

    def _forward(self) -> bool:
        if self._look_again.is_set() or self._leases.due:
            self._look_again.clear()
            self._look()
        head = self.projector.store.head()
        behind = any(at.position < head for at in self._checkpoints.values())
        if behind:
            self._checkpoints = self.projector.forward(self._checkpoints, head, self._go_on)
        whole = len(self._checkpoints) == len(self.projector.groups)
        self._reached(min(at.position for at in self._checkpoints.values()) if whole else self.projector.position())
        return behind

    def _go_on(self) -> bool:
        """A long run over the log is interrupted when the leases are due to be renewed."""
        return not self._over.is_set() and not self._leases.due

    def _look(self) -> None:
        """See whose the tables are, hold a share of those that are ours, and have outdated ones rebuilt."""
        self._states = {group: self._state(group, at.fingerprint) for group, at in self.projector.checkpoints().items()}
        if lost := self.held.intersection(self._in_state(TablesState.FOREIGN)):
            self._leases.release(_lease_of(group) for group in lost)
        ours = {_lease_of(group): group for group in self._in_state(TablesState.OURS)}
        self.held = frozenset(ours[name] for name in self._leases.renew(ours, pool=POOL))
        # Only now where they stand: until the lease was ours, another loop may have gone on with the group.
        self._checkpoints = {
            group: at
            for group, at in self.projector.checkpoints().items()
            if group in self.held and at.fingerprint == group.fingerprint
        }
        self._rebuild.begin(self._in_state(TablesState.OUTDATED))

    def _state(self, group: Group, fingerprint: str) -> TablesState:
        if fingerprint == group.fingerprint:
            return TablesState.OURS
        before = self._states.get(group, TablesState.OUTDATED)
        return TablesState.OUTDATED if before is TablesState.OUTDATED else TablesState.FOREIGN

    def _in_state(self, state: TablesState) -> list[Group]:
        states = self._states
        return [group for group in self.projector.groups if states.get(group) is state]

    def _rebuilt(self) -> None:
        self._look_again.set()
        self._awake.set()

    def _reached(self, position: int) -> None:
        if position != self.position:
            with self._changed:
                self.position = position
                self._changed.notify_all()
            self._on_advance(position)


def _lease_of(group: Group) -> str:
    return POOL + group.name
