"""Commits over HTTP, of all projects; the history of one is a page of its project (Elmer, domain.md 1.1)."""

from typing import Any

from workledger.api.web.bodies import model
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, containing, equal, since, until
from workledger.api.web.resource import RowIds, resource
from workledger.domain.commit import CommitRecord
from workledger.domain.kernel.unit import Unit
from workledger.projections.commits import ProjectCommits

COMMITS = Listing(
    ProjectCommits,
    filters={
        "project_id": equal(ProjectCommits.c.project_id, AnyId),
        "workspace_id": equal(ProjectCommits.c.workspace_id, AnyId),
        "commit_sha": equal(ProjectCommits.c.commit_sha),
        "stage_run_id": equal(ProjectCommits.c.stage_run_id, AnyId),
        "github_write_op_id": equal(ProjectCommits.c.github_write_op_id, AnyId),
        "search": containing(ProjectCommits.c.message),
        "date_from": since(ProjectCommits.c.created_at),
        "date_to": until(ProjectCommits.c.created_at),
    },
    sorts={"created_at": Sort([ProjectCommits.c.created_at], "desc")},
    limit=20,
)


def _record(unit: Unit, given: dict[str, Any]) -> None:
    """Record a commit once: a second time it is refused with CONCURRENCY_CONFLICT."""
    unit.create(CommitRecord.record(**given))


router = resource(
    CommitRecord,
    COMMITS,
    "commits",
    begin=(_record, model("NewCommit", CommitRecord.record)),
    ids=RowIds(
        row=lambda record: str(record.commit_id),
        aggregate=lambda row: CommitRecord.id_of(row["project_id"], row["commit_sha"]),
    ),
)
