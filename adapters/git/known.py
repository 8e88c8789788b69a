"""What the ledger has of a project's commits, and what it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import orjson

from workledger.domain.commit import CommitCompleted, CommitRecorded
from workledger.domain.kernel.envelope import Row
from workledger.domain.kernel.ledger import Ledger

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """A commit that is recorded.

    Attributes:
        commit_id: of its row, and `version` of its stream.
        dated: whether its author's date and its parents are known; releases that did not keep them left them out.
        files_known: whether its files are known.
        imported: whether an import recorded it; others may have named its files as they see them.
    """

    commit_id: str
    version: int
    dated: bool
    files_known: bool
    imported: bool

    @property
    def is_complete(self) -> bool:
        return self.dated and self.files_known


def records(ledger: Ledger, project_id: str) -> dict[str, Record]:
    """The recorded commits of a project, by stream."""
    found: dict[str, Record] = {}
    for row in _rows(ledger, project_id):
        told = orjson.loads(row.data)
        if row.topic == CommitRecorded.TOPIC:
            dated = told.get("authored_at") is not None or told.get("parents") is not None
            imported = row.actor.partition(":")[0] == "import"
            found[row.stream_id] = Record(
                told["commit_id"], row.version, dated, told.get("files_known", True), imported
            )
        elif (before := found.get(row.stream_id)) is not None:
            found[row.stream_id] = replace(
                before,
                version=row.version,
                dated=before.dated or "parents" in told,
                files_known=told.get("files_known", before.files_known),
            )
    return found


def _rows(ledger: Ledger, project_id: str) -> Iterator[Row]:
    after, topics = 0, (CommitRecorded.TOPIC, CommitCompleted.TOPIC)
    while rows := ledger.read(after, PAGE, topics=topics, tag=("project", project_id)):
        yield from rows
        after = rows[-1].position
