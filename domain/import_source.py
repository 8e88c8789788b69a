"""An import source is a transcript file and how much of it has been imported, where the next import continues.

Its place is stored in the same append as the imported events, so that an interrupted import neither repeats nor skips
any.
"""

from workledger.domain.kernel.aggregate import Aggregate, Event, Frozen
from workledger.domain.kernel.refusals import NotFound

Key = tuple[str | None, str | None]
"""Message id and request id: the lines of one turn of a transcript share them."""


class ImportSourceNotFound(NotFound):
    """There is no such import source."""

    code = "IMPORT_SOURCE_NOT_FOUND"


class Place(Frozen):
    """How far a file has been imported: the event says it, and the aggregate is it.

    Attributes:
        fingerprint: of the first `end` bytes.
        start, end: the bytes that were read together; those before them were imported earlier.
        done: how many of the records between them are imported, in the order of their graph.
        held: the message that may get more lines; it is not counted yet.
        live: the session may still be running.
        again: the file was replaced or truncated; until it is read to the end, the agent's log tells which records
            are imported.
    """

    session_id: str
    project_id: str
    agent_id: str
    fingerprint: str
    start: int
    end: int
    done: int
    held: Key | None = None
    live: bool = False
    again: bool = False


class ImportSourceRead(Place, Event, topic="import_source.read"):
    """A part of a file was imported. `kind` says what wrote the file, such as claude_code."""

    kind: str


class ImportSource(Place, Aggregate, category="import_source", prefix="src", not_found=ImportSourceNotFound):
    """A transcript file, as far as it has been imported."""

    def tags(self) -> dict[str, str | None]:
        return {"session": self.session_id, "project": self.project_id, "agent": self.agent_id}

    def is_at(self, place: ImportSourceRead) -> bool:
        """Whether the place equals the stored one."""
        return all(getattr(self, name) == value for name, value in place.changes(self).items() if name != "kind")
