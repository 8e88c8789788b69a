"""Writes to a repository, from the prepared change to the merged pull request (Elmer, domain.md 1.1 and 3.7)."""

from typing import Annotated, Any

from workledger.domain.write_operation import (
    PullRequestClosed,
    PullRequestMerged,
    PullRequestOpened,
    WriteOperationCommitted,
    WriteOperationDeleted,
    WriteOperationFailed,
    WriteOperationPrepared,
)
from workledger.projections.engine.columns import Stamped
from workledger.projections.engine.rules import From, References, Stream
from workledger.projections.engine.table import Table

MOVED = (WriteOperationCommitted, PullRequestOpened, PullRequestMerged, PullRequestClosed, WriteOperationFailed)


class WriteOperationRow(Stamped):
    """A write to a repository: the change that was prepared, its commit, and its pull request."""

    id: Annotated[str, Stream()]
    project_id: Annotated[str | None, From(WriteOperationPrepared), References("projects", "null")]
    repo_full_name: Annotated[str, From(WriteOperationPrepared)]
    base_branch: Annotated[str, From(WriteOperationPrepared)]
    write_branch: Annotated[str, From(WriteOperationPrepared)]
    commit_sha: Annotated[str | None, From(WriteOperationCommitted)]
    commit_id: Annotated[str | None, From(WriteOperationCommitted)]
    pr_number: Annotated[int | None, From(PullRequestOpened)]
    pr_url: Annotated[str | None, From(PullRequestOpened)]
    status: Annotated[str, From(WriteOperationPrepared, *MOVED)]
    error: Annotated[str | None, From(WriteOperationFailed)]
    proposed_changes: Annotated[Any | None, From(WriteOperationPrepared)]
    created_by: Annotated[str | None, From(WriteOperationPrepared)]


class WriteOperations(
    Table,
    row=WriteOperationRow,
    name="write_operations",
    born=(WriteOperationPrepared,),
    dies=(WriteOperationDeleted,),
    indexes=("status", "project_id"),
):
    """Write operations until they are deleted."""
