"""Copies of a database, made ahead and dropped by a thread, so that tests wait for neither."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from support.postgres_server import GivenServer

AHEAD = 3
"""Copies that wait for a test: enough for several short tests in a row, few enough to need little room."""


class Copies:
    """A supply of copies of one database.

    Args:
        like: the URL of that database; nobody is connected to it.
    """

    def __init__(self, server: GivenServer, like: str) -> None:
        self._server, self._like = server, like
        self._thread = ThreadPoolExecutor(1, "workledger-database-copies")
        self._ready: deque[Future[str]] = deque()
        self._dropping: list[Future[None]] = []
        self._order()

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The URL of a copy, which is dropped some time after the block has ended."""
        ready = self._ready.popleft()
        self._order()
        url = ready.result()
        try:
            yield url
        finally:
            self._dropping.append(self._thread.submit(self._server.drop_database, url))

    def close(self) -> None:
        """Make no more of them. Where the server stays, drop those that are left."""
        if self._server.thrown_away:
            self._thread.shutdown(cancel_futures=True)
            return
        for ready in self._ready:
            self._dropping.append(self._thread.submit(self._server.drop_database, ready.result()))
        self._thread.shutdown()
        for dropped in self._dropping:
            dropped.result()

    def _order(self) -> None:
        while len(self._ready) < AHEAD:
            self._ready.append(self._thread.submit(self._server.create, self._like))
