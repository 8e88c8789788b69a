"""A commit record assigns a commit to a project: one for each project and sha (Elmer, domain.md 1.1)."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from workledger.domain.kernel.aggregate import Aggregate, Event, Frozen, New, Peers, command
from workledger.domain.kernel.claims import Claim, Require, Take
from workledger.domain.kernel.fields import Sha, Text
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import NotFound, Refused
from workledger.domain.project import Project
from workledger.domain.stage_run import StageRun
from workledger.domain.workspace import Workspace
from workledger.domain.write_operation import WriteOperation, commit_of


class CommitFields(Frozen):
    """The fields of a commit record, which its event and its aggregate share: recording returns all of them.

    Attributes:
        authored_at: when its author wrote it, RFC 3339 in UTC; the commit date is the time of the event.
        parents: the shas of its parents; None when they were not told.
        files_known: False when `files_changed` is empty because nothing was known, as at the end of a shallow clone.
    """

    commit_id: str
    project_id: str
    workspace_id: str | None = None
    commit_sha: str
    commit_url: str
    message: str
    document_type: str | None = None
    files_changed: tuple[str, ...] = ()
    triggered_by: str | None = None
    author_name: str | None = None
    author_email: str | None = None
    stage_run_id: str | None = None
    write_operation_id: str | None = None
    authored_at: str | None = None
    parents: tuple[str, ...] | None = None
    files_known: bool = True


class CommitRecorded(CommitFields, Event, topic="commit.recorded"):
    """A commit was recorded for a project."""

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if self.stage_run_id:
            yield StageRun.exists(self.stage_run_id)
        yield from _carries(self.write_operation_id, self.commit_id)


class CommitCompleted(Event, topic="commit.completed"):
    """What was not known of a commit when it was recorded became known. All fields are as they are now."""

    commit_id: str
    authored_at: str
    parents: tuple[str, ...]
    files_changed: tuple[str, ...]
    files_known: bool


class CommitLinked(Event, topic="commit.linked"):
    """It became known that a write operation made the commit. Commits that are recorded with their operation have no
    such event."""

    commit_id: str
    write_operation_id: str

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield from _carries(self.write_operation_id, self.commit_id)

    def check(self, before: "CommitRecord", id: str, peers: Peers) -> None:
        """A commit was made by one operation.

        Raises:
            CommitOfAnotherOperation: COMMIT_OF_ANOTHER_OPERATION.
        """
        if before.write_operation_id not in (None, self.write_operation_id):
            raise CommitOfAnotherOperation(commit_id=self.commit_id, write_operation_id=before.write_operation_id)


def _carries(write_operation_id: str | None, commit_id: str) -> Iterable[Claim]:
    """The claims of an event by which a record carries the id of a write operation."""
    if write_operation_id:
        yield WriteOperation.exists(write_operation_id)
        yield Take(commit_of(write_operation_id, commit_id))


class CommitNotFound(NotFound):
    """There is no such commit record."""

    code = "COMMIT_NOT_FOUND"


class CommitOfAnotherOperation(Refused):
    """The commit {commit_id} was made by the write operation {write_operation_id}."""

    code = "COMMIT_OF_ANOTHER_OPERATION"


Line = Annotated[str, Field(min_length=1, max_length=2000)]
Label = Annotated[str, Field(max_length=200)]


class CommitRecord(CommitFields, Aggregate, category="commit", prefix="pcom", not_found=CommitNotFound):
    """The record of one commit of a project. The time of the commit is the time of its event."""

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id, "workspace": self.workspace_id}

    def belongs_to(self) -> Iterable[Require]:
        yield Project.exists(self.project_id)
        if self.workspace_id:
            yield Workspace.exists(self.workspace_id)

    @staticmethod
    def id_of(project_id: str, commit_sha: str) -> str:
        """The id of the record of that commit (domain.md 3.2)."""
        return f"{project_id}:{commit_sha}"

    @classmethod
    @command
    def record(
        cls,
        *,
        project_id: Id,
        commit_sha: Sha,
        commit_url: Line,
        message: Text,
        workspace_id: Id | None = None,
        document_type: Label | None = None,
        files_changed: tuple[Line, ...] = (),
        triggered_by: Label | None = None,
        author_name: Label | None = None,
        author_email: Label | None = None,
        stage_run_id: Id | None = None,
        write_operation_id: Id | None = None,
    ) -> "New[CommitRecord]":
        """Record a commit once (Elmer's recordProjectCommit).

        Its id follows from the project and the sha, so a second recording is refused with CONCURRENCY_CONFLICT,
        and `ledger.get(CommitRecord, new.id)` returns the first.
        """
        event = CommitRecorded(
            commit_id=new_id(CommitRecord.PREFIX),
            project_id=project_id,
            workspace_id=workspace_id,
            commit_sha=commit_sha,
            commit_url=commit_url,
            message=message,
            document_type=document_type,
            files_changed=files_changed,
            triggered_by=triggered_by,
            author_name=author_name,
            author_email=author_email,
            stage_run_id=stage_run_id,
            write_operation_id=write_operation_id,
        )
        return New(CommitRecord, CommitRecord.id_of(project_id, commit_sha), [event])
