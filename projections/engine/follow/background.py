"""The background rebuild of a loop: it rebuilds groups whose tables this release declares differently."""

import logging
import threading
from collections.abc import Callable, Sequence

from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.follow.worker_loop import PAUSE_SECONDS, error_text
from workledger.projections.engine.rebuild.exclusive import RebuildCancelled, RebuildUnderWay
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state import progress

logger = logging.getLogger(__name__)


class BackgroundRebuild:
    """Runs one rebuild at a time, in a thread of its own.

    Args:
        on_end: called by that thread when a rebuild has succeeded, failed or been cancelled.
    """

    def __init__(self, projector: Projector, on_end: Callable[[], None]) -> None:
        self._failure: str | None = None
        self._cancelled: str | None = None
        self._projector, self._on_end = projector, on_end
        self._over = threading.Event()
        self._rebuild: Rebuild | None = None
        self._thread: threading.Thread | None = None

    @property
    def failure(self) -> str | None:
        """The error of the last rebuild, or that one was cancelled; None when all is well."""
        return self._failure or self._cancelled

    def begin(self, groups: Sequence[Group]) -> None:
        """Start a rebuild of those groups, unless one is running, or was cancelled."""
        if self._thread is not None and self._thread.is_alive():
            return
        outdated = self._without_cancelled(groups)
        if not outdated:
            return
        self._rebuild = Rebuild(self._projector.store, self._projector.tables, outdated, automatic=True)
        self._thread = threading.Thread(target=self._run, args=(self._rebuild,), name="workledger-rebuild", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Interrupt the rebuild, and wait until it has stopped. The next one resumes it, here or in another process."""
        self._over.set()
        if self._rebuild is not None and self._thread is not None:
            self._rebuild.interrupt()
            self._thread.join()

    def _without_cancelled(self, groups: Sequence[Group]) -> list[Group]:
        if not groups:
            self._failure = self._cancelled = None
            return []
        with self._projector.tables.engine.connect() as connection:
            cancelled = [group for group in groups if progress.is_cancelled(connection, group.name)]
        names = " ".join(group.name for group in cancelled)
        self._cancelled = f"the rebuild of {names} was cancelled; run `workledger rebuild {names}`" if names else None
        return [group for group in groups if group not in cancelled]

    def _run(self, rebuild: Rebuild) -> None:
        try:
            rebuild.run()
            self._failure = None
        except RebuildCancelled as refused:
            logger.info("%s", refused)
            self._failure = None
        except RebuildUnderWay as refused:
            logger.info("%s", refused)
            self._failure = None
            self._over.wait(PAUSE_SECONDS)
        except Exception as error:
            if self._over.is_set():
                return
            logger.exception("the rebuild failed; it will be tried again")
            self._failure = error_text(error)
            self._over.wait(PAUSE_SECONDS)
        self._on_end()
