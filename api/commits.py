"""Commits over HTTP, of all projects; the history of one is a page of its project (Elmer, DOMAIN.md 1.1)."""

from fastapi import APIRouter

from workledger.api.web import listing
from workledger.api.web.listing import Listing, Sort, containing, equal, since, until
from workledger.domain.commit import CommitNotFound
from workledger.domain.kernel.ids import Id
from workledger.projections.commits import ProjectCommits

COMMITS = Listing(
    ProjectCommits,
    filters={
        "project_id": equal(ProjectCommits.c.project_id, Id),
        "workspace_id": equal(ProjectCommits.c.workspace_id, Id),
        "commit_sha": equal(ProjectCommits.c.commit_sha),
        "stage_run_id": equal(ProjectCommits.c.stage_run_id, Id),
        "github_write_op_id": equal(ProjectCommits.c.github_write_op_id, Id),
        "search": containing(ProjectCommits.c.message),
        "date_from": since(ProjectCommits.c.created_at),
        "date_to": until(ProjectCommits.c.created_at),
    },
    sorts={"created_at": Sort([ProjectCommits.c.created_at], "desc")},
    limit=20,
)

router = APIRouter(prefix="/commits", tags=["commits"])
listing.add(router, COMMITS)
listing.add_detail(router, ProjectCommits, CommitNotFound)
