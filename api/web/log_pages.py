"""Pages of the log as frames of the feed: bounded in bytes, so that nobody who follows holds more of them in memory."""

from dataclasses import dataclass

from workledger.adapters.bootstrap import Workledger
from workledger.api.web.frames import Frame, Wanted, cut

LONGEST = 500
"""Events of a page."""

FIRST = 16
"""Events of the first page: as the largest events have 256 KB, a few of them."""

LARGEST = 1024 * 1024
"""Bytes of a page, unless one event alone has more."""

EVERYTHING = Wanted()


@dataclass
class LogPages:
    """Reads the log from a position on, a page at a time: fewer events where they are large.

    Attributes:
        position: how far it has been read.
        at_end: whether the last page went to the end of the log, as it was then.
    """

    ledger: Workledger
    position: int
    wanted: Wanted = EVERYTHING
    at_end: bool = False
    _limit: int = FIRST

    def read(self) -> list[Frame]:
        """The next wanted events."""
        tag = ("project", self.wanted.project_id) if self.wanted.project_id else None
        head = self.ledger.head()
        rows = self.ledger.read(self.position, self._limit, upto=head, topics=tuple(self.wanted.topics), tag=tag)
        frames = cut(map(Frame.of, rows), LARGEST)
        self.at_end = len(frames) == len(rows) < self._limit
        self._limit = min(self._limit * 2, LONGEST) if len(frames) == len(rows) else len(frames)
        self.position = max(head, self.position) if self.at_end else frames[-1].position
        return frames
