"""A worker as a loop in a thread of its own: woken when there may be something to do, and looking for it by itself."""

import logging
import threading
from abc import ABC, abstractmethod

BRIEF_SECONDS, POLL_SECONDS = 0.002, 0.05
"""Between looks: soon after there was something to do, and when there has been nothing for a while."""

PAUSE_SECONDS = 1.0
"""Between attempts while the database cannot be reached."""

logger = logging.getLogger(__name__)


class WorkerLoop(ABC):
    """Start it, wake it, and stop it; a failure is kept in `error` until a later attempt succeeds."""

    def __init__(self, name: str) -> None:
        self.error: str | None = None
        self._name, self._stopping = name, False
        self._awake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"workledger-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self, position: int = 0) -> None:
        """Something was appended."""
        self._awake.set()

    def stop(self) -> None:
        """End the loop once what it is at is done, and let others take over."""
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

    @abstractmethod
    def step(self) -> bool:
        """Do what there is to do; whether there was anything."""

    @abstractmethod
    def recover(self) -> None:
        """Forget what may not be so any more, after a failure."""

    @abstractmethod
    def leave(self) -> None:
        """Let others take over."""

    def _run(self) -> None:
        wait = BRIEF_SECONDS
        while not self._stopping:
            self._awake.clear()
            try:
                busy = self.step()
            except Exception as error:
                logger.exception("the %s failed; it will try again", self._name)
                self.error = f"{type(error).__name__}: {error}".splitlines()[0]
                self.recover()
                self._awake.wait(PAUSE_SECONDS)
                continue
            self.error = None
            wait = BRIEF_SECONDS if busy else min(wait * 1.5, POLL_SECONDS)
            self._awake.wait(wait)
        try:
            self.leave()
        except Exception as error:
            logger.info("the %s left without a word: %s", self._name, error)
