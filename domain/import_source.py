"""An import source is a transcript file as far as it has been imported: what the next import goes on from.

How far that is stands in the ledger, in the same append as what was recorded, so that nothing is recorded twice or
passed over, whenever an import ends.
"""

from workledger.domain.kernel.aggregate import Aggregate, Event
from workledger.domain.kernel.refusals import NotFound

Key = tuple[str | None, str | None]
"""Message id and request id: what the lines of one turn of a transcript have in common."""


class ImportSourceNotFound(NotFound):
    """There is no such source."""

    code = "IMPORT_SOURCE_NOT_FOUND"


class ImportSourceRead(Event, topic="import_source.read"):
    """So much of a file has been recorded.

    Attributes:
        fingerprint: of the first `end` bytes.
        start, end: the bytes that were read together; what is before was recorded earlier.
        done: how many of the records between them have been recorded, in the order of their graph.
        held: the message that may get more lines, and is not counted yet.
        live: the session may still be running.
        again: the file was replaced or cut short; until it is read to the end, the log says what is recorded of it.
    """

    kind: str
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


class ImportSource(Aggregate, category="import_source", prefix="src", not_found=ImportSourceNotFound):
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

    def tags(self) -> dict[str, str | None]:
        return {"session": self.session_id, "project": self.project_id, "agent": self.agent_id}

    def is_at(self, place: ImportSourceRead) -> bool:
        """Whether nothing would change."""
        return all(getattr(self, name) == value for name, value in place.changes(self).items() if name != "kind")
