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
        commit_id: of its row, `sha` of itself, and `version` of its stream.
        dated: whether its author's date and its parents are known; releases that did not keep them left them out.
        files: of one that is not complete, as they are recorded; `files_known` says whether they are known.
        imported: whether an import recorded it; others may have named its files as they see them.
    """

    commit_id: str
    sha: str
    version: int
    dated: bool
    files: tuple[str, ...]
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
        files, files_known = tuple(told["files_changed"]), told.get("files_known", True)
        if row.topic == CommitRecorded.TOPIC:
            dated = told.get("parents") is not None
            imported = row.actor.partition(":")[0] == "import"
            files = () if dated and files_known else files  # nothing is going to complete them
            found[row.stream_id] = Record(
                told["commit_id"], told["commit_sha"], row.version, dated, files, files_known, imported
            )
        elif (before := found.get(row.stream_id)) is not None:
            found[row.stream_id] = replace(
                before, version=row.version, dated=True, files=files, files_known=files_known
            )
    return found


def _rows(ledger: Ledger, project_id: str) -> Iterator[Row]:
    after, topics = 0, (CommitRecorded.TOPIC, CommitCompleted.TOPIC)
    while rows := ledger.read(after, PAGE, topics=topics, tag=("project", project_id)):
        yield from rows
        after = rows[-1].position
