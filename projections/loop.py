"""The projector as a loop of its own: woken by appends, and polling for those that nobody tells it about.

Leases say which groups it works on, so that any number of processes may run one. Tables that this release declares
differently are rebuilt beside the old ones, which serve meanwhile.
"""

import logging
import threading
import time
from collections.abc import Callable

from workledger.projections import leases
from workledger.projections.checkpoints import Superseded
from workledger.projections.folding import Standing
from workledger.projections.group import Group
from workledger.projections.projector import Projector
from workledger.projections.rebuild import Rebuild, RebuildUnderWay

BRIEF_SECONDS, POLL_SECONDS = 0.002, 0.05
"""Between looks at the log: soon after something came, and when nothing has come for a while."""

PAUSE_SECONDS = 1.0
"""Between attempts while the database cannot be reached."""

logger = logging.getLogger(__name__)


class ProjectorLoop:
    """Start it, wake it, and stop it; a failure is kept in `error` until a later attempt succeeds.

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
        self.projector = projector
        self.position = 0
        self.mine: frozenset[Group] = frozenset()
        """The groups that it works on."""
        self._owner, self._lease_seconds, self._renew_at = leases.new_owner(), lease_seconds, 0.0
        self._on_advance = on_advance or (lambda position: None)
        self._standing: Standing = {}
        self._fitted: set[Group] = set()
        """Groups whose tables have once been declared as this release declares them, since it started."""
        self._others: frozenset[Group] = frozenset()
        """Groups that another release has rebuilt since."""
        self._failure: str | None = None
        self._rebuild_failure: str | None = None
        self._rebuilding: threading.Thread | None = None
        self._rebuild: Rebuild | None = None
        self._over, self._awake, self._look_again = threading.Event(), threading.Event(), threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="workledger-projector", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, position: int = 0) -> None:
        """Something was appended."""
        self._awake.set()

    def stop(self) -> None:
        """End the loop once its batch is written, and let others take over. A rebuild goes on at the next start."""
        self._over.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def error(self) -> str | None:
        """What went wrong in the last attempt to follow the log, or to rebuild; or that another release has come."""
        names = ", ".join(group.name for group in self.projector.groups if group in self._others)
        others = f"another release has rebuilt {names}; this one leaves it alone" if names else None
        return self._failure or self._rebuild_failure or others

    @property
    def healthy(self) -> bool:
        """Whether it is at work, and nothing is wrong."""
        return self.alive and self.error is None

    def wait_for(self, position: int, timeout: float) -> bool:
        """Wait until the read tables have reached a position; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.position >= position or self._over.is_set(), timeout)

    def _run(self) -> None:
        wait = BRIEF_SECONDS
        while not self._over.is_set():
            self._awake.clear()
            try:
                moved = self._step()
            except Superseded:
                self._look_again.set()
                continue
            except Exception as error:
                logger.exception("the projector failed; it will try again")
                self._failure = _said(error)
                self._renew_at = 0.0
                self._awake.wait(PAUSE_SECONDS)
                continue
            wait = BRIEF_SECONDS if moved else min(wait * 1.5, POLL_SECONDS)
            self._awake.wait(wait)
        self._leave()

    def _step(self) -> bool:
        """Bring the groups that are ours towards the head of the log; whether there was anything to do."""
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
        standing = self.projector.standing()
        fitting = {group: at for group, at in standing.items() if at.fingerprint == group.fingerprint}
        self._others = frozenset(self._fitted - set(fitting))
        self._fitted |= set(fitting)
        self._standing = {group: at for group, at in fitting.items() if group in self.mine}
        if lost := self.mine & self._others:
            leases.release(self.projector.tables, self._owner, [f"group:{group.name}" for group in lost])
            self.mine -= lost
        changed = [group for group in standing if group not in self._fitted]
        if changed and (self._rebuilding is None or not self._rebuilding.is_alive()):
            self._rebuild = Rebuild(self.projector.store, self.projector.tables, changed)
            self._rebuilding = threading.Thread(
                target=self._rebuilds, args=(self._rebuild,), name="workledger-rebuild", daemon=True
            )
            self._rebuilding.start()

    def _rebuilds(self, rebuild: Rebuild) -> None:
        try:
            rebuild.run()
            self._rebuild_failure = None
        except RebuildUnderWay as refused:
            logger.info("%s", refused)
            self._rebuild_failure = None
            self._over.wait(PAUSE_SECONDS)
        except Exception as error:
            if self._over.is_set():
                return
            logger.exception("the rebuild failed; it will be tried again")
            self._rebuild_failure = _said(error)
            self._over.wait(PAUSE_SECONDS)
        self._look_again.set()
        self._awake.set()

    def _reached(self, position: int) -> None:
        self._failure = None
        if position != self.position:
            with self._changed:
                self.position = position
                self._changed.notify_all()
            self._on_advance(position)

    def _leave(self) -> None:
        if self._rebuild is not None and self._rebuilding is not None:
            self._rebuild.interrupt()
            self._rebuilding.join()
        try:
            leases.release(self.projector.tables, self._owner)
        except Exception as error:
            logger.info("the leases run out by themselves: %s", error)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
