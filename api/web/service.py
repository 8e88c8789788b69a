"""What serves one ledger: the loop that keeps its read tables up, and the one reader that tails its log."""

import asyncio
import signal
import threading
import time
from collections.abc import Iterable

from fastapi.concurrency import run_in_threadpool

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.tail import Tail
from workledger.domain.kernel.refusals import InvalidInput, Unavailable
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.follow.worker_loop import WorkerLoop

PATIENCE = 5.0
"""Seconds that a read waits for the read tables to reach `min_position`."""

LOOK_SECONDS = 0.01


class TablesBehind(Unavailable):
    """The read tables are at {position} and have not reached {min_position} yet; try again."""

    code = "READ_TABLES_BEHIND"


class PositionUnknown(InvalidInput):
    """min_position: the log has not come to {min_position}; it ends at {head}."""

    code = "POSITION_UNKNOWN"


class Service:
    """Started on first use, so that it works in an app that runs no lifespan for what it mounts.

    Args:
        project: keep the read tables up here; otherwise the ledger does so inline, or another process does.
        heartbeat: seconds between signs of life on a feed where nothing happens.
        simulated, label: what the board says of its data.
        watch: loops that work beside it, such as that of policies; it is not well when one of them is not.
    """

    def __init__(
        self,
        ledger: Workledger,
        *,
        project: bool = True,
        heartbeat: float = 15.0,
        simulated: bool = False,
        label: str | None = None,
        watch: Iterable[WorkerLoop] = (),
    ) -> None:
        self.ledger, self.project, self.simulated, self.label = ledger, project, simulated, label
        self.tables_as_text = ledger.tables.as_text()
        self.watched = tuple(watch)
        self.tail = Tail(ledger, heartbeat=heartbeat, stopping=server_stops)
        self.loop: ProjectorLoop | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        if self.started:
            return
        with self._lock:
            if self.loop is None:
                loop = ProjectorLoop(self.ledger.projector)
                loop.hear(self.ledger.listen)
                loop.start()
                self.loop = loop

    def stop(self) -> None:
        """End the feeds, and the loop once its batch is written. It starts again on next use."""
        self.tail.stop()
        with self._lock:
            loop, self.loop = self.loop, None
            if loop is not None:
                loop.stop()

    @property
    def started(self) -> bool:
        return self.loop is not None or not self.project

    @property
    def healthy(self) -> bool:
        """Whether the projector is at work, when it is here, and so is everything that is watched."""
        projecting = self.loop.healthy if self.loop is not None else not self.project
        return projecting and all(loop.healthy for loop in self.watched)

    @property
    def loops(self) -> dict[str, str]:
        """What the projector, and each loop that is watched, does: running, failing, or elsewhere."""
        loops = [("projector", self.loop), *((loop.name, loop) for loop in self.watched)]
        found = {name: "running" if loop is not None and loop.healthy else "failing" for name, loop in loops}
        return found if self.project else found | {"projector": "elsewhere"}

    @property
    def projected(self) -> bool:
        """Whether the read tables are declared as they are here, and have once been brought up to the log."""
        checkpoints = self.ledger.projector.checkpoints()
        if not all(at.fingerprint == group.fingerprint for group, at in checkpoints.items()):
            return False
        return self.loop is None or self.loop.position > 0 or self.ledger.head() == 0

    def position(self) -> int:
        """The position that the read tables have reached, at least."""
        known = self.loop.position if self.loop is not None else 0
        return known or self.ledger.projector.position()

    async def reached(self, position: int) -> int:
        """Wait until the read tables have reached a position; the one they have reached then.

        Raises:
            TablesBehind: READ_TABLES_BEHIND, they have not come so far in time.
            PositionUnknown: POSITION_UNKNOWN, the log itself has not come so far.
        """
        if (now := await self._position()) >= position:
            return now
        if self.project:  # otherwise this may be a standby, which the log comes to late
            await run_in_threadpool(self._known, position)
        give_up = time.monotonic() + PATIENCE
        while (now := await self._position()) < position:
            if time.monotonic() > give_up:
                await run_in_threadpool(self._known, position)
                raise TablesBehind(position=now, min_position=position)
            await asyncio.sleep(LOOK_SECONDS)
        return now

    def _known(self, position: int) -> None:
        """That the log has come to a position, also where readers have to wait for a lower one."""
        head = self.ledger.head()
        if position > head and not self.ledger.store.by_position([position]):
            raise PositionUnknown(min_position=position, head=head)

    async def _position(self) -> int:
        known = self.loop.position if self.loop is not None else 0
        return known or await run_in_threadpool(self.ledger.projector.position)


def server_stops() -> bool:
    """Whether the uvicorn that handles this process's signals has been told to stop.

    It waits for open responses before it ends the lifespan, and a feed never ends by itself: so the feed looks here.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return bool(getattr(server, "should_exit", False))
