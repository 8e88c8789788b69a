"""Write operations over HTTP (Elmer, domain.md 1.1): one is committed together with the record of its commit."""

from typing import Any

from pydantic import Field

from workledger.api.web.bodies import model
from workledger.api.web.caller import Caller
from workledger.api.web.ids import AnyId
from workledger.api.web.listing import Listing, Sort, equal
from workledger.api.web.resource import resource
from workledger.domain.commit import CommitRecord, Line
from workledger.domain.kernel.fields import Text
from workledger.domain.kernel.unit import Unit
from workledger.domain.services import commits
from workledger.domain.write_operation import Status, WriteOperation
from workledger.projections.write_operations import WriteOperations

WRITE_OPERATIONS = Listing(
    WriteOperations,
    filters={
        "project_id": equal(WriteOperations.c.project_id, AnyId),
        "status": equal(WriteOperations.c.status, Status),
        "repo_full_name": equal(WriteOperations.c.repo_full_name),
    },
    sorts={"created_at": Sort([WriteOperations.c.created_at], "desc")},
)

COMMIT = model(
    "WriteOperationCommit",
    CommitRecord.record,
    without=("write_operation_id",),
    extra={
        "commit_id": (
            AnyId | None,
            Field(None, description="of a record that is there already; the sha is enough then"),
        ),
        "commit_url": (Line | None, None),
        "message": (Text | None, None),
        "project_id": (AnyId | None, Field(None, description="where the operation names none")),
    },
)


def _commit(caller: Caller, unit: Unit, id: str, given: dict[str, Any]) -> None:
    """Committed: its commit is recorded in the same append, or the record of it that `commit_id` names is linked."""
    if commit_id := given.pop("commit_id", None):
        known = {"commit_sha": given["commit_sha"], "project_id": given.get("project_id")}
        unit.decide(lambda: commits.commit_recorded(unit, id, commit_id=commit_id, **known))
    else:
        about: dict[str, Any] = {"commit_url": None, "message": None} | given
        unit.decide(lambda: commits.commit(unit, id, **about))


router = resource(WriteOperation, WRITE_OPERATIONS, "write-operations", own={"commit": (_commit, COMMIT)})
