"""A write operation puts proposed changes into a repository: a commit, then a pull request (Elmer, domain.md 2.11)."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain.kernel.aggregate import Aggregate, Created, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Require, key_of
from workledger.domain.kernel.command import ANY
from workledger.domain.kernel.fields import Json, Name, Number, Sha, Text, Url
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import InvalidTransition, NotFound, Refused
from workledger.domain.project import Project


def commit_of(write_operation_id: str, commit_id: str) -> str:
    """The key that the record of its commit holds as soon as that carries the operation's id (E10)."""
    return key_of("commit_of", write_operation_id, commit_id)


class WriteOperationPrepared(Created, topic="write_op.prepared"):
    """Changes to a repository were proposed."""

    repo_full_name: str
    base_branch: str
    write_branch: str
    proposed_changes: Any = None
    created_by: str | None = None
    project_id: str | None = None
    status: Literal["prepared"] = "prepared"


class WriteOperationCommitted(Event, topic="write_op.committed"):
    """The changes were committed to the write branch; `commit_id` is the id of the commit record."""

    commit_sha: str
    commit_id: str
    status: Literal["committed"] = "committed"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        about = {"commit_id": self.commit_id}
        yield Require(commit_of(id, self.commit_id), WriteOperationCommitNotRecorded, details=about)


class PullRequestOpened(Event, topic="write_op.pull_request_opened"):
    """A pull request for the commit was opened."""

    pr_number: int
    pr_url: str
    status: Literal["pr_open"] = "pr_open"


class PullRequestMerged(Event, topic="write_op.pull_request_merged"):
    """The pull request was merged."""

    status: Literal["merged"] = "merged"


class PullRequestClosed(Event, topic="write_op.pull_request_closed"):
    """The pull request was closed without a merge."""

    status: Literal["closed"] = "closed"


class WriteOperationFailed(Event, topic="write_op.failed"):
    """The changes could not be written."""

    error: str
    status: Literal["failed"] = "failed"


class WriteOperationDeleted(Deleted, topic="write_op.deleted"):
    """The write operation was deleted; its history stays readable."""

    write_branch: str


class WriteOperationNotFound(NotFound):
    """There is no such write operation."""

    code = "WRITE_OPERATION_NOT_FOUND"


class WriteOperationInvalidTransition(InvalidTransition):
    """A write operation that is {state} does not accept {command}."""

    code = "WRITE_OPERATION_INVALID_TRANSITION"


class WriteOperationCommitNotRecorded(Refused):
    """No record of the commit {commit_id} carries the id of this write operation: record both in one append."""

    code = "WRITE_OPERATION_COMMIT_NOT_RECORDED"


Status = Literal["prepared", "committed", "pr_open", "merged", "closed", "failed"]


class WriteOperation(
    Aggregate,
    category="write_op",
    prefix="ghop",
    not_found=WriteOperationNotFound,
    invalid=WriteOperationInvalidTransition,
):
    """Proposed changes to a repository, from preparation to the merge."""

    write_branch: str
    project_id: str | None = None
    status: Status
    commit_sha: str | None = None
    commit_id: str | None = None
    pr_number: int | None = None

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id}

    def belongs_to(self) -> Iterable[Require]:
        if self.project_id:
            yield Project.exists(self.project_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        repo_full_name: Name,
        base_branch: Name,
        write_branch: Name,
        id: Id | None = None,
        proposed_changes: Json = None,
        created_by: Name | None = None,
        project_id: Id | None = None,
    ) -> "New[WriteOperation]":
        """Propose changes to a repository."""
        event = WriteOperationPrepared(
            repo_full_name=repo_full_name,
            base_branch=base_branch,
            write_branch=write_branch,
            proposed_changes=proposed_changes,
            created_by=created_by,
            project_id=project_id,
        )
        return New(WriteOperation, id or new_id(WriteOperation.PREFIX), [event])

    @command(when="prepared", repeat=ANY)
    def commit(self, *, commit_sha: Sha, commit_id: Id) -> list[Event]:
        """Record its commit, by the id of the commit record. `services.commits` does both in one append.

        Raises:
            WriteOperationCommitNotRecorded: WRITE_OPERATION_COMMIT_NOT_RECORDED, in the append: there is no such
                record, or it does not carry the operation's id.
        """
        if (commit_sha, commit_id) == (self.commit_sha, self.commit_id):
            return []
        return [WriteOperationCommitted(commit_sha=commit_sha, commit_id=commit_id)]

    @command(when="committed", repeat="pr_open")
    def open_pull_request(self, *, pr_number: Number, pr_url: Url) -> list[Event]:
        """Report that a pull request for the commit was opened."""
        if self.status == "pr_open" and pr_number == self.pr_number:
            return []
        return [PullRequestOpened(pr_number=pr_number, pr_url=pr_url)]

    @command(when="pr_open", unless="merged")
    def merge(self) -> list[Event]:
        """Report that its pull request was merged."""
        return [PullRequestMerged()]

    @command(when="pr_open", unless="closed")
    def close(self) -> list[Event]:
        """Report that its pull request was closed without a merge."""
        return [PullRequestClosed()]

    @command(when=("prepared", "committed"), unless="failed")
    def fail(self, *, error: Text) -> list[Event]:
        """The changes could not be written."""
        return [WriteOperationFailed(error=error)]

    @command
    def delete(self) -> list[Event]:
        """Delete it, in any state."""
        return [WriteOperationDeleted(write_branch=self.write_branch)]
