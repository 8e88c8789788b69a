"""Reads the log in pages and batches, and reads ahead: the next pages are fetched while this one is folded."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from queue import SimpleQueue
from threading import Event, Semaphore
from typing import Any

from workledger.domain.kernel.store import EventStore

PAGE = 2_000
"""Events in a page, at most."""

FIRST_PAGE = 500
"""Events in the first page, when nothing is known of their size."""

BYTES = 16 * 1024 * 1024
"""Payload in a page or a batch, roughly at most: large events make shorter pages."""

PAGES_AHEAD = 8
"""Pages that are read and wait to be folded, at most."""

Events = list[tuple[Any, ...]]
Page = tuple[Events, int, int]
"""(events, bytes of their payload, the position up to which the log is thereby read)"""


class LogReader:
    """Reads the events after a position up to another, in the order of the log.

    Args:
        after: the position after which reading starts.
        upto: the last position.
        batch: events in a batch, at most.
        topics: those to read; all, when none is named.
        ahead: a thread reads ahead.
    """

    def __init__(
        self, store: EventStore, after: int, upto: int, *, batch: int, topics: Sequence[str] = (), ahead: bool = True
    ) -> None:
        self._store, self._after, self._upto, self._batch = store, after, upto, batch
        self._topics, self._ahead = topics, ahead

    def batches(self) -> Generator[tuple[Events, int], None, None]:
        """(events, the position up to which the log is thereby read)"""
        events: Events = []
        with closing(self.pages()) as pages:
            for page, position, complete in pages:
                events += page
                if complete:
                    yield events, position
                    events = []

    def pages(self) -> Generator[tuple[Events, int, bool], None, None]:
        """(events, position, whether this page completes a batch): batches in pieces, as they arrive."""
        count = size = 0
        with closing(self._pages_ahead() if self._ahead else self._pages()) as pages:
            for page, page_size, position in pages:
                count, size = count + len(page), size + page_size
                complete = count >= self._batch or size >= BYTES or position >= self._upto
                yield page, position, complete
                if complete:
                    count = size = 0

    def _pages(self) -> Generator[Page, None, None]:
        after, limit = self._after, min(FIRST_PAGE, self._batch)
        while after < self._upto:
            page, size, after, limit = self._page(after, limit)
            yield page, size, after

    def _pages_ahead(self) -> Generator[Page, None, None]:
        pages, room, closed = SimpleQueue[Page | None](), Semaphore(PAGES_AHEAD), Event()

        def read() -> None:
            try:
                for page in self._pages():
                    room.acquire()
                    if closed.is_set():
                        break
                    pages.put(page)
            finally:
                pages.put(None)  # the end, also when reading failed: the error is raised by `reading.result()`

        with ThreadPoolExecutor(1, "workledger-reading") as reader:
            reading = reader.submit(read)
            try:
                while page := pages.get():
                    room.release()
                    yield page
                reading.result()
            finally:
                # The caller may stop early, while the thread waits for room: let it see that it is over.
                closed.set()
                room.release()

    def _page(self, after: int, limit: int) -> tuple[Events, int, int, int]:
        """(events, bytes of their payload, the position up to which the log is read, the limit of the next page)"""
        page = list(self._store.scan(after, limit, upto=self._upto, topics=self._topics))
        size = sum([len(row[7]) for row in page])
        # A short page is the last one: with `topics`, its last event may stand well before the end.
        position = page[-1][0] if len(page) == limit else self._upto
        # A quarter of BYTES each, so that a batch ends near BYTES; growing fourfold at most, as sizes differ.
        within_bytes = limit if not size else int(len(page) * BYTES / 4 / size)
        return page, size, position, max(1, min(PAGE, self._batch, within_bytes, limit * 4))
