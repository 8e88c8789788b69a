"""How far a file has been imported, as it is stored; see adapters/claude_code/source.py for what it is used for."""

from workledger.domain.kernel import Event
from workledger.domain.refusals import NotFound


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
    held: tuple[str | None, str | None] | None = None
    live: bool = False
    again: bool = False
