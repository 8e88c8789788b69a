"""An import source is a transcript file: how much of it was imported, and which records.

Both are stored in the same append as the imported events, so that an interrupted import neither repeats nor skips any.
Each record is claimed, so no other file brings it again, wherever it stands there.
"""

from collections.abc import Iterable
from typing import Any

from workledger.domain.agent_run.events import AgentTurnAlreadyRecorded, turn_of
from workledger.domain.kernel.aggregate import Aggregate, Event, Frozen
from workledger.domain.kernel.claims import Claim, Take
from workledger.domain.kernel.refusals import NotFound, Refused

Key = tuple[str | None, str | None]
"""Message id and request id: the lines of one turn of a transcript share them."""


class ImportSourceNotFound(NotFound):
    """There is no such import source."""

    code = "IMPORT_SOURCE_NOT_FOUND"


class ImportedAlready(Refused):
    """A record of this file was imported already."""

    code = "IMPORTED_ALREADY"


def imported(record_id: str) -> str:
    """The key that the import source of a record holds."""
    return f"imported:{record_id}"


class Place(Frozen):
    """How far an earlier release imported a file, under an id that was made of the session's.

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
    """A part of a file was imported, by an earlier release. `kind` says what wrote it, such as claude_code."""

    kind: str


class ImportSourceAdopted(Event, topic="import_source.adopted"):
    """What an earlier release imported of the file was claimed, as far as the agent's log has it: its records, and
    the messages whose turns it recorded."""

    records: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()

    def changes(self, before: Any) -> dict[str, Any]:
        return {}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from (Take(imported(record), ImportedAlready) for record in self.records)
        yield from (Take(turn_of(message), AgentTurnAlreadyRecorded) for message in self.messages)


class ImportSourceRecordsImported(Event, topic="import_source.records_imported"):
    """Records of a file were imported.

    Attributes:
        kind: what wrote the file, such as claude_code.
        fingerprint, end: of the bytes that are imported, from the beginning; records behind them may be, too.
        live: there may be more to take from the file although it has not changed.
        records: what they are known by, which this source holds from now on.
    """

    kind: str
    session_id: str
    project_id: str | None = None
    agent_id: str | None = None
    fingerprint: str
    end: int
    live: bool = False
    records: tuple[str, ...] = ()

    def changes(self, before: Any) -> dict[str, Any]:
        told = super().changes(before)
        return {**{name: told[name] for name in told if name != "records"}, "start": self.end, "done": 0}

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        return (Take(imported(record), ImportedAlready) for record in self.records)


class ImportSource(Aggregate, category="import_source", prefix="src", not_found=ImportSourceNotFound):
    """A transcript file, as far as it has been imported; see the events for what its fields mean."""

    session_id: str
    project_id: str | None = None
    agent_id: str | None = None
    fingerprint: str
    start: int
    end: int
    done: int
    held: Key | None = None
    live: bool = False
    again: bool = False

    def tags(self) -> dict[str, str | None]:
        return {"session": self.session_id, "project": self.project_id, "agent": self.agent_id}
