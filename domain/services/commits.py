"""Commits of write operations: the operation and the record of its commit, in one append."""

from typing import Any

from workledger.domain.commit import CommitLinked, CommitNotFound, CommitRecord
from workledger.domain.kernel.unit import Unit
from workledger.domain.write_operation import WriteOperation


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
        details: other arguments of `CommitRecord.record`, and `project_id` when the operation has none.

    Raises:
        WriteOperationNotFound: WRITE_OPERATION_NOT_FOUND.
        WriteOperationInvalidTransition: WRITE_OPERATION_INVALID_TRANSITION, it is not prepared.
        InvalidInput: VALIDATION_ERROR, such as no project in the operation or the arguments.
        ConcurrencyConflict: CONCURRENCY_CONFLICT, in the append: the commit is already recorded.
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


def commit_recorded(
    unit: Unit, write_operation_id: str, *, commit_sha: str, commit_id: str, project_id: str | None = None
) -> CommitRecord:
    """Commit a write operation whose commit is recorded already, such as by an import: the record comes to carry the
    operation's id in the same append (E10).

    Args:
        project_id: when the operation has none.

    Raises:
        WriteOperationNotFound: WRITE_OPERATION_NOT_FOUND.
        WriteOperationInvalidTransition: WRITE_OPERATION_INVALID_TRANSITION, it is not prepared.
        CommitNotFound: COMMIT_NOT_FOUND, no record of that id and sha in the project.
        CommitOfAnotherOperation: COMMIT_OF_ANOTHER_OPERATION, in the record.
    """
    operation = unit.edit(WriteOperation, write_operation_id)
    recorded = CommitRecord.id_of(operation.project_id or project_id or "", commit_sha)
    record = unit.state(CommitRecord, recorded)
    if record.commit_id != commit_id:
        raise CommitNotFound(id=commit_id)
    if operation.commit_id != commit_id:
        # Also where the record has the id: one of an earlier release does not hold the claim yet.
        unit.record(CommitRecord, recorded, [CommitLinked(commit_id=commit_id, write_operation_id=write_operation_id)])
    operation.commit(commit_sha=commit_sha, commit_id=commit_id)
    return unit.state(CommitRecord, recorded)
