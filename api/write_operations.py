"""Write operations over HTTP (Elmer, DOMAIN.md 1.1)."""

from typing import Literal

from fastapi import APIRouter

from workledger.api.web import history, listing
from workledger.api.web.listing import Listing, Sort, equal
from workledger.domain.kernel.ids import Id
from workledger.domain.write_operation import WriteOperation, WriteOperationNotFound
from workledger.projections.write_operations import WriteOperations

Status = Literal["prepared", "committed", "pr_open", "merged", "closed", "failed"]

WRITE_OPERATIONS = Listing(
    WriteOperations,
    filters={
        "project_id": equal(WriteOperations.c.project_id, Id),
        "status": equal(WriteOperations.c.status, Status),
        "repo_full_name": equal(WriteOperations.c.repo_full_name),
    },
    sorts={"created_at": Sort([WriteOperations.c.created_at], "desc")},
)

router = APIRouter(prefix="/write-operations", tags=["write operations"])
listing.add(router, WRITE_OPERATIONS)
listing.add_detail(router, WriteOperations, WriteOperationNotFound)
history.add(router, WriteOperation)
