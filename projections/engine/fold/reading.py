"""Reading ahead: the log page by page, the next one read while this one is worked on."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue
from threading import Event, Semaphore
from typing import Any

from workledger.domain.kernel.store import EventStore

PAGE = 2_000
"""Events asked for at a time, at most."""

FIRST = 500
"""Events of the first page, when nothing is known of their size."""

BYTES = 16 * 1024 * 1024
"""Payload that a page or a batch may hold, more or less: pages of large events have fewer of them."""

PAGES_AHEAD = 8
"""Pages that may lie there, read and not yet asked for."""

Rows = list[tuple[Any, ...]]
Page = tuple[Rows, int, int]
"""(events, bytes of their payload, the position that is thereby read)"""


class Reading:
    """The events after a position up to another, in batches, in the order of the log.

    Args:
        batch: events in a batch, at most.
        topics: those that are wanted; all of them, when none is named.
        ahead: whether a thread reads while the caller works.
    """

    def __init__(
        self, store: EventStore, after: int, upto: int, *, batch: int, topics: Sequence[str] = (), ahead: bool = True
    ) -> None:
        self._store, self._after, self._upto, self._batch = store, after, upto, batch
        self._topics, self._ahead = topics, ahead

    def batches(self) -> Generator[tuple[Rows, int], None, None]:
        """(events, the position that is thereby read), up to the last position."""
        rows: Rows = []
        with closing(self.pages()) as pages:
            for page, reached, full in pages:
                rows += page
                if full:
                    yield rows, reached
                    rows = []

    def pages(self) -> Generator[tuple[Rows, int, bool], None, None]:
        """The same piece by piece, as they come: the last piece of a batch says that it is full."""
        count = size = 0
        with closing(self._pages_ahead() if self._ahead else self._pages()) as pages:
            for page, page_size, reached in pages:
                count, size = count + len(page), size + page_size
                full = count >= self._batch or size >= BYTES or reached >= self._upto
                yield page, reached, full
                if full:
                    count = size = 0

    def _pages(self) -> Generator[Page, None, None]:
        after, limit = self._after, min(FIRST, self._batch)
        while after < self._upto:
            page, size, after, limit = self._page(after, limit)
            yield page, size, after

    def _pages_ahead(self) -> Generator[Page, None, None]:
        came, room, closed = SimpleQueue[Page | None](), Semaphore(PAGES_AHEAD), Event()

        def read() -> None:
            try:
                for page in self._pages():
                    room.acquire()
                    if closed.is_set():
                        break
                    came.put(page)
            finally:
                came.put(None)

        with ThreadPoolExecutor(1, "workledger-reading") as reader:
            reading = reader.submit(read)
            try:
                while page := came.get():
                    room.release()
                    yield page
                reading.result()
            finally:
                closed.set()
                room.release()

    def _page(self, after: int, limit: int) -> tuple[Rows, int, int, int]:
        """A page, the bytes of its payload, the position that is thereby read, and how many to ask for next."""
        page = list(self._store.scan(after, limit, upto=self._upto, topics=self._topics))
        size = sum([len(row[7]) for row in page])
        reached = page[-1][0] if len(page) == limit else self._upto
        fitting = limit if not size else int(len(page) * BYTES / 4 / size)
        return page, size, reached, max(1, min(PAGE, self._batch, fitting, limit * 4))
