"""A worker as a loop in a thread of its own: woken when there may be something to do, and looking for it by itself."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

BRIEF_SECONDS, POLL_SECONDS = 0.002, 0.05
"""Between looks: soon after there was something to do, and when there has been nothing for a while."""

HEARING_SECONDS = 1.0
"""The longest time between looks of a loop that hears of appends."""

REST_SECONDS = 0.01
"""The longest rest after a step in which there was something to do. A loop rests for as long as it worked, so that half
of the processor is left to what it shares its process with, and what comes meanwhile is done together."""

PAUSE_SECONDS = 1.0
"""Between attempts while the database cannot be reached."""

STUCK_SECONDS = 20.0
"""A step takes parts of a second. One that has not come back for so long waits for something that may never come."""

logger = logging.getLogger(__name__)


class WorkerLoop(ABC):
    """Start it, wake it, and stop it; a failure is kept in `error` until a later attempt succeeds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._failure: str | None = None
        self._step_began: float | None = None
        self._over, self._awake = threading.Event(), threading.Event()
        self._longest_wait = POLL_SECONDS
        self._end_hearing: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._run, name=f"workledger-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def hear(self, listen: Callable[[Callable[[int], None]], Callable[[], None]]) -> None:
        """Be woken by `listen`, such as `ledger.listen`, until it is stopped, and look less often by itself."""
        self._longest_wait = HEARING_SECONDS
        self._end_hearing = listen(self.wake)

    def wake(self, position: int = 0) -> None:
        """Something was appended."""
        self._awake.set()

    def stop(self) -> None:
        """End the loop once what it is at is done, and let others take over."""
        self._end_hearing()
        self._end_hearing = lambda: None
        self._over.set()
        self._awake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def join(self) -> None:
        """Wait until it has ended."""
        self._thread.join()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    @property
    def error(self) -> str | None:
        """What went wrong in the last attempt, or that it does not end."""
        return self._failure or self._stuck()

    @property
    def healthy(self) -> bool:
        """Whether it is at work, and nothing is wrong."""
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

    def _stuck(self) -> str | None:
        began = self._step_began
        seconds = 0.0 if began is None else time.monotonic() - began
        return f"it has been waiting for {seconds:.0f} seconds" if seconds > STUCK_SECONDS else None

    def _run(self) -> None:
        wait = BRIEF_SECONDS
        while not self._over.is_set():
            self._awake.clear()
            self._step_began = time.monotonic()
            try:
                busy = self.step()
            except Exception as error:
                logger.exception("the %s failed; it will try again", self.name)
                self._failure, self._step_began = error_text(error), None
                self.recover()
                self._awake.wait(PAUSE_SECONDS)
                continue
            took, self._step_began = time.monotonic() - self._step_began, None
            self._failure = None
            if busy:
                self._over.wait(min(took, REST_SECONDS))
            wait = BRIEF_SECONDS if busy else min(wait * 1.5, self._longest_wait)
            if self._awake.wait(wait):
                wait = BRIEF_SECONDS  # what woke it may be visible only when an earlier append has ended
        try:
            self.leave()
        except Exception as error:
            logger.info("the %s left without a word: %s", self.name, error)


def error_text(error: Exception) -> str:
    """Its class and the first line of its message."""
    return f"{type(error).__name__}: {error}".splitlines()[0]
