"""`workledger events`: the log as JSON lines: its last events, a range of it, or what is appended from now on."""

import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated

import orjson
import typer

from workledger import Workledger
from workledger.api.commandline.console import INTERRUPTED, note, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.options import AppName, Database
from workledger.api.web.stored import as_stored
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.envelope import Row
from workledger.domain.project import Project

PAGE = 1000
"""Events that are read at a time."""

TAIL = 20
"""Events that are printed unless a range or a limit is given."""

POLL_SECONDS = 0.2
"""Between polls for new events."""

LAST = 2**63 - 1
"""The last position that a log could have."""

After = Annotated[
    int | None, typer.Option(min=0, max=LAST, metavar="POSITION", help="Only events after this position of the log.")
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1, max=LAST, metavar="N", help=f"At most N events. Default: the last {TAIL}, or all with --after."
    ),
]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Also print new events, until Ctrl-C.")]
Topics = Annotated[
    str | None, typer.Option(metavar="A,B", help="Only events of these topics, such as task.created,task.queued.")
]
OfProject = Annotated[str | None, typer.Option("--project", metavar="ID", help="Only events of this project.")]


def events(
    db: Database = None,
    app: AppName = None,
    after: After = None,
    limit: Limit = None,
    follow: Follow = False,
    topics: Topics = None,
    project: OfProject = None,
) -> None:
    """Print events as JSON lines.

    Prints the last events, or with --after those after a position, always in the order of the log.
    """
    with open_ledger(db, app, read_only=True) as ledger:
        log = Log(ledger, _known(topics), project and _project(ledger, project))
        try:
            printed = _print(log.tail(limit or TAIL) if after is None else log.range(after, limit))
            if follow:
                for row in log.follow(None if after is None or limit is None else limit - printed):
                    print_line(as_line(row))
        except KeyboardInterrupt:
            note(f"{'Stopped' if follow else 'Interrupted'}. Continue with --after {log.position}.")
            raise typer.Exit(0 if follow else INTERRUPTED) from None


def _print(rows: Iterable[Row]) -> int:
    """Print events; how many there were."""
    printed = 0
    for row in rows:
        print_line(as_line(row), flush=False)
        printed += 1
    sys.stdout.flush()
    return printed


class Log:
    """The log, or the events in it of some topics or of a project.

    Attributes:
        position: how far it has been read.
    """

    def __init__(self, ledger: Workledger, topics: Sequence[str], project_id: str | None) -> None:
        self._ledger, self._topics = ledger, topics
        self._tag = ("project", project_id) if project_id else None
        self.position = 0

    def range(self, after: int, limit: int | None = None) -> Iterator[Row]:
        """The events after a position, up to the head that the log has now."""
        self.position, left = after, limit
        while left is None or left > 0:
            page = min(PAGE, left or PAGE)
            rows = self._ledger.read(self.position, page, topics=self._topics, tag=self._tag)
            for row in rows:
                self.position = row.position
                yield row
            if len(rows) < page:
                return
            left = None if left is None else left - len(rows)

    def tail(self, count: int) -> Iterator[Row]:
        """The last events, searched for in longer and longer ends of the log."""
        head = self._ledger.head()
        reach = count
        while True:
            last = deque(self.range(max(0, head - reach)), maxlen=count)
            if len(last) == count or reach >= head:
                self.position = last[-1].position if last else head
                return iter(last)
            reach *= 8

    def follow(self, limit: int | None) -> Iterator[Row]:
        """The events that are appended after those that have been read."""
        while limit is None or limit > 0:
            for row in self.range(self.position, limit):
                limit = None if limit is None else limit - 1
                yield row
            time.sleep(POLL_SECONDS)


def as_line(row: Row) -> str:
    """An event as a JSON object on one line."""
    shown = {
        "position": row.position,
        "stream_id": row.stream_id,
        "version": row.version,
        "topic": row.topic,
        "at": row.at,
        "actor": row.actor,
        "tags": as_stored(row.tags),
        "data": as_stored(row.data),
    }
    return orjson.dumps(shown).decode()


def _project(ledger: Workledger, id: str) -> str:
    """The id of a project that exists, or did before it was deleted.

    Raises:
        ProjectNotFound: there never was one.
    """
    if ledger.find_any(Project, id) is None:
        raise Project.NOT_FOUND(id=id)
    return id


def _known(topics: str | None) -> list[str]:
    asked = [topic.strip() for topic in (topics or "").split(",") if topic.strip()]
    for topic in asked:
        if topic not in Event.TOPICS:
            raise typer.BadParameter(f"Unknown topic {topic}", param_hint="--topics")
    return asked
