"""A write operation puts proposed changes into a repository: a commit, then a pull request (Elmer, DOMAIN.md 2.11)."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, JsonValue

from workledger.domain import project_events
from workledger.domain.claims import Claim
from workledger.domain.commit import CommitRecord
from workledger.domain.ids import Id, new_id
from workledger.domain.kernel import Aggregate, Event, New, command
from workledger.domain.unit import Unit
from workledger.domain.write_operation_events import (
    PullRequestClosed,
    PullRequestMerged,
    PullRequestOpened,
    WriteOperationCommitted,
    WriteOperationDeleted,
    WriteOperationFailed,
    WriteOperationInvalidTransition,
    WriteOperationNotFound,
    WriteOperationPrepared,
)

Name = Annotated[str, Field(min_length=1, max_length=200)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Text = Annotated[str, Field(max_length=100_000)]


class WriteOperation(Aggregate, category="write_op", prefix="ghop", not_found=WriteOperationNotFound):
    write_branch: str
    project_id: str | None = None
    status: str
    commit_sha: str | None = None
    commit_id: str | None = None
    pr_number: int | None = None

    def tags(self) -> dict[str, str | None]:
        return {"project": self.project_id}

    def parents(self) -> Iterable[Claim]:
        if self.project_id:
            yield project_events.existing(self.project_id)

    @classmethod
    @command
    def create(
        cls,
        *,
        repo_full_name: Name,
        base_branch: Name,
        write_branch: Name,
        id: Id | None = None,
        proposed_changes: JsonValue = None,
        created_by: Name | None = None,
        project_id: Id | None = None,
    ) -> "New[WriteOperation]":
        event = WriteOperationPrepared(
            repo_full_name=repo_full_name,
            base_branch=base_branch,
            write_branch=write_branch,
            proposed_changes=proposed_changes,
            created_by=created_by,
            project_id=project_id,
        )
        return New(WriteOperation, id or new_id(WriteOperation.PREFIX), [event])

    @command
    def commit(self, *, commit_sha: Id, commit_id: Id) -> list[Event]:
        """It is committed as that record of a commit. `commit` below makes both at once."""
        if (commit_sha, commit_id) == (self.commit_sha, self.commit_id):
            return []
        self._allow("commit", "prepared")
        return [WriteOperationCommitted(commit_sha=commit_sha, commit_id=commit_id)]

    @command
    def open_pull_request(self, *, pr_number: Annotated[int, Field(ge=1)], pr_url: Url) -> list[Event]:
        if self.status == "pr_open" and pr_number == self.pr_number:
            return []
        self._allow("open_pull_request", "committed")
        return [PullRequestOpened(pr_number=pr_number, pr_url=pr_url)]

    @command
    def merge(self) -> list[Event]:
        if self.status == "merged":
            return []
        self._allow("merge", "pr_open")
        return [PullRequestMerged()]

    @command
    def close(self) -> list[Event]:
        if self.status == "closed":
            return []
        self._allow("close", "pr_open")
        return [PullRequestClosed()]

    @command
    def fail(self, *, error: Text) -> list[Event]:
        if self.status == "failed":
            return []
        self._allow("fail", "prepared", "committed")
        return [WriteOperationFailed(error=error)]

    @command
    def delete(self) -> list[Event]:
        return [WriteOperationDeleted(write_branch=self.write_branch)]

    def _allow(self, command: str, *states: str) -> None:
        if self.status not in states:
            raise WriteOperationInvalidTransition(kind="write_op", state=self.status, command=command)


def commit(
    unit: Unit,
    write_operation_id: str,
    *,
    commit_sha: str,
    commit_url: str,
    message: str,
    **details: Any,
) -> CommitRecord:
    """Commit a write operation and record its commit in one unit of work; each carries the other's id (E10).

    Args:
        details: what else `CommitRecord.record` takes, and `project_id` where the operation names none.

    Raises:
        WriteOperationNotFound: WRITE_OPERATION_NOT_FOUND.
        WriteOperationInvalidTransition: WRITE_OPERATION_INVALID_TRANSITION, it is not prepared.
        InvalidInput: VALIDATION_ERROR, such as an operation without a project, and none given.
        ConcurrencyConflict: CONCURRENCY_CONFLICT, when recorded: that commit is recorded already.
    """
    operation = unit.edit(WriteOperation, write_operation_id)
    about = {"project_id": operation.project_id} | details
    new = CommitRecord.record(
        commit_sha=commit_sha,
        commit_url=commit_url,
        message=message,
        write_operation_id=write_operation_id,
        **about,
    )
    record = unit.create(new)
    operation.commit(commit_sha=commit_sha, commit_id=record.commit_id)
    return record
