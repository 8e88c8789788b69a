"""What happens to a write operation, as it is stored, and how one refuses (Elmer, DOMAIN.md 1.1, 2.11 and 3.4)."""

from collections.abc import Iterable
from typing import Any, Literal

from workledger.domain.claims import Claim, Free, Need, Take
from workledger.domain.kernel import Deleted, Event
from workledger.domain.refusals import NotFound, Refused


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
