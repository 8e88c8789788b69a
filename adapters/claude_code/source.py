"""A source is a transcript file as far as it has been imported: what the next import goes on from.

How far that is stands in the ledger, in the same append as what was recorded, so that nothing is recorded twice or
passed over, whenever an import ends.
"""

import hashlib
from pathlib import Path

from workledger.adapters.claude_code.records import Key
from workledger.domain.import_source_events import ImportSourceNotFound, ImportSourceRead
from workledger.domain.kernel import Aggregate

ENDS = 1024
"""Bytes at the beginning and at the end that tell whether a file is still the same, but longer."""


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

    def goes_on(self, path: Path) -> bool:
        """Whether the file begins with what was read of it; otherwise it was replaced, or cut short."""
        return path.stat().st_size >= self.end and fingerprint(path, self.end) == self.fingerprint

    def is_at(self, place: ImportSourceRead) -> bool:
        """Whether nothing would change."""
        return all(getattr(self, name) == value for name, value in place.changes(self).items() if name != "kind")

    def is_all_of(self, path: Path) -> bool:
        """Whether there is nothing more to take from the file."""
        over = self.start == self.end and not self.live
        return over and path.stat().st_size == self.end and self.goes_on(path)


def fingerprint(path: Path, end: int) -> str:
    """Of the first `end` bytes of a file: their number, beginning and end."""
    with path.open("rb") as file:
        head = file.read(min(ENDS, end))
        file.seek(max(0, end - ENDS))
        return hashlib.sha256(b"%d:%b%b" % (end, head, file.read(min(ENDS, end)))).hexdigest()[:32]
