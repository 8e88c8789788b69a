"""A life of a write operation up to each of its states (domain.md 2.11), and arguments for each of its commands."""

from typing import Any

from workledger.domain.kernel.aggregate import Event
from workledger.domain.write_operation import (
    PullRequestClosed,
    PullRequestMerged,
    PullRequestOpened,
    WriteOperationCommitted,
    WriteOperationFailed,
    WriteOperationPrepared,
)

prepared = WriteOperationPrepared(
    repo_full_name="ann/parser",
    base_branch="main",
    write_branch="docs",
    proposed_changes=[{"path": "prd.md"}],
    created_by="user:ann",
    project_id="prj_1",
)
committed = WriteOperationCommitted(commit_sha="c0ffee", commit_id="pcom_1")
opened = PullRequestOpened(pr_number=7, pr_url="https://example.org/7")

LIVES: dict[str, tuple[Event, ...]] = {
    "prepared": (prepared,),
    "committed": (prepared, committed),
    "pr_open": (prepared, committed, opened),
    "merged": (prepared, committed, opened, PullRequestMerged()),
    "closed": (prepared, committed, opened, PullRequestClosed()),
    "failed": (prepared, WriteOperationFailed(error="no access")),
}

EXAMPLES: dict[str, tuple[dict[str, Any], ...]] = {
    "commit": ({"commit_sha": "c0ffee", "commit_id": "pcom_1"},),
    "open_pull_request": ({"pr_number": 7, "pr_url": "https://example.org/7"},),
    "merge": ({},),
    "close": ({},),
    "fail": ({"error": "no access"},),
    "delete": ({},),
}
"""Arguments for each of its commands."""
