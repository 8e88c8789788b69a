"""A commit as it is stored (Elmer, DOMAIN.md 1.1 and 3.4)."""

from collections.abc import Iterable
from typing import Any

from workledger.domain import stage_run_events, write_operation_events
from workledger.domain.claims import Claim
from workledger.domain.kernel import Event
from workledger.domain.refusals import NotFound


class CommitRecorded(Event, topic="commit.recorded"):
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

    def claims(self, before: Any, id: str) -> Iterable[Claim]:
        if self.stage_run_id:
            yield stage_run_events.existing(self.stage_run_id)
        if self.write_operation_id:
            yield write_operation_events.existing(self.write_operation_id)


class CommitNotFound(NotFound):
    """There is no such commit."""

    code = "COMMIT_NOT_FOUND"
