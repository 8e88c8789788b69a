"""A write operation puts proposed changes into a repository: a commit, then a pull request (Elmer, DOMAIN.md 2.11)."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from workledger.domain.kernel.aggregate import Aggregate, Deleted, Event, New, command
from workledger.domain.kernel.claims import Claim, Free, Need, Take
from workledger.domain.kernel.ids import Id, new_id
from workledger.domain.kernel.refusals import NotFound, Refused
from workledger.domain.project import events as project_events


def existing(write_operation_id: str) -> Need:
    """The claim that the write operation exists."""
    return Need(f"write_op:{write_operation_id}", WriteOperationNotFound)


class WriteOperationPrepared(Event, topic="write_op.prepared"):
    repo_full_name: str
    base_branch: str
    write_branch: str
    proposed_changes: Any = None
    created_by: str | None = None
    project_id: str | None = None
    status: Literal["prepared"] = "prepared"

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Take(f"write_op:{id}")


class WriteOperationCommitted(Event, topic="write_op.committed"):
    commit_sha: str
    commit_id: str
    status: Literal["committed"] = "committed"


class PullRequestOpened(Event, topic="write_op.pull_request_opened"):
    pr_number: int
    pr_url: str
    status: Literal["pr_open"] = "pr_open"


class PullRequestMerged(Event, topic="write_op.pull_request_merged"):
    status: Literal["merged"] = "merged"


class PullRequestClosed(Event, topic="write_op.pull_request_closed"):
    status: Literal["closed"] = "closed"


class WriteOperationFailed(Event, topic="write_op.failed"):
    error: str
    status: Literal["failed"] = "failed"


class WriteOperationDeleted(Deleted, topic="write_op.deleted"):
    write_branch: str

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        yield Free(f"write_op:{id}")


class WriteOperationNotFound(NotFound):
    """There is no such write operation."""

    code = "WRITE_OPERATION_NOT_FOUND"


class WriteOperationInvalidTransition(Refused):
    """A write operation that is {state} does not allow {command}."""

    code = "WRITE_OPERATION_INVALID_TRANSITION"


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
        """It is committed as that record of a commit. `services.commits` records both at once."""
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
