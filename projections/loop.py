"""The projector as a loop of its own: woken by appends of this process, and polling for those of others."""

import logging
import threading
import time

from workledger.projections.projector import Projector

POLL_SECONDS = 0.05
PAUSE_SECONDS = 1.0
"""Between attempts while the database cannot be reached."""

logger = logging.getLogger(__name__)


class ProjectorLoop:
    """Start it, wake it, and stop it; a failure is kept in `error` until a later attempt succeeds."""

    def __init__(self, projector: Projector) -> None:
        self.projector = projector
        self.error: str | None = None
        self.position = 0
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
        """End the loop once its batch is written."""
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
        while not self._stopping:
            self._awake.clear()
            try:
                position = self.projector.catch_up()
            except Exception as error:
                logger.exception("the projector failed; it will try again")
                self.error = f"{type(error).__name__}: {error}".splitlines()[0]
                time.sleep(PAUSE_SECONDS)
                continue
            self.error = None
            with self._changed:
                self.position = position
                self._changed.notify_all()
            self._awake.wait(POLL_SECONDS)
