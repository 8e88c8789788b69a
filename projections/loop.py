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
        self.error: str | None = None
        self.position = 0
        self.mine: frozenset[Group] = frozenset()
        """The groups that it works on."""
        self._owner, self._lease_seconds, self._renew_at = leases.new_owner(), lease_seconds, 0.0
        self._on_advance = on_advance or (lambda position: None)
        self._standing: Standing | None = None
        self._rebuilt: set[Group] = set()
        self._rebuilding: threading.Thread | None = None
        self._rebuild: Rebuild | None = None
        self._stopping = False
        self._changed = threading.Condition()
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="workledger-projector", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, position: int = 0) -> None:
        """Something was appended."""
        self._awake.set()

    def stop(self) -> None:
        """End the loop once its batch is written, and let others take over. A rebuild goes on at the next start."""
        self._stopping = True
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def healthy(self) -> bool:
        """Whether it is at work, and its last attempt succeeded."""
        return self.alive and self.error is None

    def wait_for(self, position: int, timeout: float) -> bool:
        """Wait until the read tables have reached a position; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.position >= position or self._stopping, timeout)

    def _run(self) -> None:
        wait = BRIEF_SECONDS
        while not self._stopping:
            self._awake.clear()
            try:
                moved = self._step()
            except Superseded:
                self._standing = None
                continue
            except Exception as error:
                logger.exception("the projector failed; it will try again")
                self._failed(error)
                self._standing, self._renew_at = None, 0.0
                self._awake.wait(PAUSE_SECONDS)
                continue
            wait = BRIEF_SECONDS if moved else min(wait * 1.5, POLL_SECONDS)
            self._awake.wait(wait)
        self._leave()

    def _step(self) -> bool:
        """Bring the groups that are ours up to the log; whether there was anything to do."""
        self._renew()
        head = self.projector.store.head()
        if self._standing is None:
            self._standing = self.projector.fitting(self.mine)
            self._look_for_changes()
        behind = any(at.position < head for at in self._standing.values())
        if behind:
            self._standing = self.projector.forward(self._standing, head)
        whole = len(self._standing) == len(self.projector.groups)
        self._reached(head if whole else self.projector.position())
        return behind

    def _renew(self) -> None:
        """Take the leases that are free, and keep ours."""
        if time.monotonic() < self._renew_at:
            return
        names = {f"group:{group.name}": group for group in self.projector.groups}
        taken = leases.take(self.projector.tables, names, self._owner, self._lease_seconds)
        mine = frozenset(names[name] for name in taken)
        self._renew_at = time.monotonic() + self._lease_seconds / 3
        if mine != self.mine:
            self.mine, self._standing = mine, None

    def _look_for_changes(self) -> None:
        """Rebuild what is declared differently, unless it was so by our own rebuild: then another release has come."""
        assert self._standing is not None
        changed = {group for group in self.mine if group not in self._standing}
        if gone := changed & self._rebuilt:
            names = ", ".join(sorted(group.name for group in gone))
            raise RuntimeError(f"another release has rebuilt {names}; this one leaves it alone")
        self._rebuilt |= set(self._standing)
        if changed and (self._rebuilding is None or not self._rebuilding.is_alive()):
            self._rebuild = Rebuild(self.projector.store, self.projector.tables, sorted(changed, key=_name))
            self._rebuilding = threading.Thread(target=self._rebuilds, name="workledger-rebuild", daemon=True)
            self._rebuilding.start()

    def _rebuilds(self) -> None:
        assert self._rebuild is not None
        try:
            self._rebuild.run()
        except RebuildUnderWay as refused:
            logger.info("%s", refused)
            self._awake.wait(PAUSE_SECONDS)
        except Exception as error:
            if not self._stopping:
                logger.exception("the rebuild failed; it will be tried again")
                self._failed(error)
                time.sleep(PAUSE_SECONDS)
        self._standing = None
        self._awake.set()

    def _reached(self, position: int) -> None:
        self.error = None
        if position != self.position:
            with self._changed:
                self.position = position
                self._changed.notify_all()
            self._on_advance(position)

    def _failed(self, error: Exception) -> None:
        self.error = f"{type(error).__name__}: {error}".splitlines()[0]

    def _leave(self) -> None:
        if self._rebuild is not None and self._rebuilding is not None:
            self._rebuild.interrupt()
            self._rebuilding.join()
        try:
            leases.release(self.projector.tables, self._owner)
        except Exception as error:
            logger.info("the leases run out by themselves: %s", error)


def _name(group: Group) -> str:
    return group.name
