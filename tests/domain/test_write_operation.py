"""A write operation: prepared, committed, a pull request; its commit and itself carry each other's id."""

from collections.abc import Callable
from typing import Any

import pytest

from support.write_operation_states import LIVES, committed, opened, prepared
from workledger.domain.commit import CommitNotFound, CommitOfAnotherOperation, CommitRecord
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.services.commits import commit, commit_recorded
from workledger.domain.write_operation import (
    WriteOperation,
    WriteOperationCommitNotRecorded,
    WriteOperationDeleted,
    WriteOperationFailed,
    WriteOperationInvalidTransition,
    WriteOperationNotFound,
)
from workledger.testing import given


def test_an_operation_is_prepared_with_its_proposed_changes() -> None:
    given(WriteOperation).when(
        WriteOperation.create,
        repo_full_name="ann/parser",
        base_branch="main",
        write_branch="docs",
        proposed_changes=[{"path": "prd.md"}],
        created_by="user:ann",
        project_id="prj_1",
    ).then(prepared)


def test_its_id_is_elmers() -> None:
    new = WriteOperation.create(repo_full_name="ann/parser", base_branch="main", write_branch="docs")
    assert new.id.startswith("ghop_")


@pytest.mark.parametrize("field", ["repo_full_name", "base_branch", "write_branch"])
def test_repository_and_branches_are_not_empty(field: str) -> None:
    names = {"repo_full_name": "ann/parser", "base_branch": "main", "write_branch": "docs"}
    given(WriteOperation).when(WriteOperation.create, **names | {field: ""}).refused(InvalidInput)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "commit": (WriteOperation.commit, {"commit_sha": "c0ffee", "commit_id": "pcom_1"}),
    "again": (WriteOperation.commit, {"commit_sha": "decaf", "commit_id": "pcom_2"}),
    "open": (WriteOperation.open_pull_request, {"pr_number": 7, "pr_url": "https://example.org/7"}),
    "another": (WriteOperation.open_pull_request, {"pr_number": 8, "pr_url": "https://example.org/8"}),
    "merge": (WriteOperation.merge, {}),
    "close": (WriteOperation.close, {}),
    "fail": (WriteOperation.fail, {"error": "no access"}),
}
TABLE = """
          prepared   committed  pr_open    merged     closed     failed
commit    committed  =          =          =          =          -
again     committed  -          -          -          -          -
open      -          pr_open    =          -          -          -
another   -          pr_open    -          -          -          -
merge     -          -          merged     =          -          -
close     -          -          closed     -          =          -
fail      failed     failed     -          -          -          =
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.11: = changes nothing, - is refused."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(WriteOperation, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(WriteOperationInvalidTransition, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


def test_its_events_say_what_came_of_it() -> None:
    given(WriteOperation, *LIVES["prepared"]).when(WriteOperation.commit, commit_sha="c0ffee", commit_id="pcom_1").then(
        committed
    )
    given(WriteOperation, *LIVES["committed"]).when(
        WriteOperation.open_pull_request, pr_number=7, pr_url="https://example.org/7"
    ).then(opened)
    given(WriteOperation, *LIVES["committed"]).when(WriteOperation.fail, error="no access").then(
        WriteOperationFailed(error="no access")
    )


def test_pull_requests_are_counted_from_one() -> None:
    given(WriteOperation, *LIVES["committed"]).when(
        WriteOperation.open_pull_request, pr_number=0, pr_url="https://example.org/0"
    ).refused(InvalidInput)


@pytest.mark.parametrize("state", LIVES)
def test_an_operation_can_be_deleted_in_every_state(state: str) -> None:
    given(WriteOperation, *LIVES[state]).when(WriteOperation.delete).then(WriteOperationDeleted(write_branch="docs"))


# Together with its commit


def prepare(ledger: Ledger, project_id: str | None) -> WriteOperation:
    return ledger.create(
        WriteOperation.create(
            repo_full_name="ann/parser", base_branch="main", write_branch="docs", project_id=project_id
        )
    )


@pytest.fixture
def project_id(ledger: Ledger) -> str:
    return ledger.create(Project.create(name="Parser")).id


WHAT = {"commit_sha": "c0ffee", "commit_url": "https://example.org/c0ffee", "message": "Write the prd"}


def test_an_operation_and_its_commit_carry_each_others_id(ledger: Ledger, project_id: str) -> None:
    """E10"""
    operation = prepare(ledger, project_id)
    with ledger.unit() as unit:
        commit(unit, operation.id, **WHAT, document_type="prd", files_changed=["prd.md"])
    record = ledger.get(CommitRecord, CommitRecord.id_of(project_id, "c0ffee"))
    operation = ledger.get(WriteOperation, operation.id)
    assert record.write_operation_id == operation.id
    assert (operation.status, operation.commit_id, operation.commit_sha) == ("committed", record.commit_id, "c0ffee")
    assert (record.document_type, record.files_changed) == ("prd", ("prd.md",))
    assert unit.receipt is not None
    assert len(unit.receipt.positions) == 2


def test_neither_is_recorded_without_the_other(ledger: Ledger, project_id: str) -> None:
    """E9, E10: the sha is recorded already, so the operation stays prepared."""
    ledger.create(CommitRecord.record(project_id=project_id, **WHAT))
    operation = prepare(ledger, project_id)
    with pytest.raises(ConcurrencyConflict), ledger.unit() as unit:
        commit(unit, operation.id, **WHAT)
    assert ledger.get(WriteOperation, operation.id).status == "prepared"


def test_an_operation_is_committed_once(ledger: Ledger, project_id: str) -> None:
    operation = prepare(ledger, project_id)
    with ledger.unit() as unit:
        commit(unit, operation.id, **WHAT)
    with pytest.raises(WriteOperationInvalidTransition), ledger.unit() as unit:
        commit(unit, operation.id, **WHAT | {"commit_sha": "decaf"})
    assert ledger.find(CommitRecord, CommitRecord.id_of(project_id, "decaf")) is None


def test_an_operation_of_no_project_is_told_the_commits(ledger: Ledger, project_id: str) -> None:
    operation = prepare(ledger, None)
    with pytest.raises(InvalidInput), ledger.unit() as unit:
        commit(unit, operation.id, **WHAT)
    with ledger.unit() as unit:
        commit(unit, operation.id, **WHAT, project_id=project_id)
    assert ledger.get(CommitRecord, CommitRecord.id_of(project_id, "c0ffee")).write_operation_id == operation.id


def test_an_operation_requires_its_project(ledger: Ledger, project_id: str) -> None:
    with pytest.raises(ProjectNotFound):
        prepare(ledger, "prj_0")


def test_a_deleted_operation_is_not_found(ledger: Ledger, project_id: str) -> None:
    operation = prepare(ledger, project_id)
    with ledger.edit(WriteOperation, operation.id) as edited:
        edited.delete()
    with pytest.raises(WriteOperationNotFound), ledger.unit() as unit:
        commit(unit, operation.id, **WHAT)


def record(ledger: Ledger, project_id: str) -> CommitRecord:
    return ledger.create(CommitRecord.record(project_id=project_id, **WHAT))


@pytest.mark.parametrize("named_by", ["the operation", "the caller"])
def test_a_commit_that_is_recorded_already_comes_to_carry_the_operations_id(
    ledger: Ledger, project_id: str, named_by: str
) -> None:
    """E10: an import was faster. Both are one append."""
    known, mine = record(ledger, project_id), named_by == "the operation"
    operation = prepare(ledger, project_id if mine else None)
    with ledger.unit() as unit:
        given_id = None if mine else project_id
        commit_recorded(unit, operation.id, commit_sha="c0ffee", commit_id=known.commit_id, project_id=given_id)
    assert ledger.get(CommitRecord, known.id).write_operation_id == operation.id
    assert ledger.get(WriteOperation, operation.id).commit_id == known.commit_id
    assert unit.receipt is not None
    assert len(unit.receipt.positions) == 2
    with ledger.unit() as again:
        commit_recorded(again, operation.id, commit_sha="c0ffee", commit_id=known.commit_id, project_id=project_id)
    assert again.receipt is not None
    assert not again.receipt.positions


def test_a_commit_is_that_of_one_operation(ledger: Ledger, project_id: str) -> None:
    known, mine, other = record(ledger, project_id), prepare(ledger, project_id), prepare(ledger, project_id)
    with ledger.unit() as unit:
        commit_recorded(unit, mine.id, commit_sha="c0ffee", commit_id=known.commit_id)
    with pytest.raises(CommitOfAnotherOperation, match=mine.id), ledger.unit() as unit:
        commit_recorded(unit, other.id, commit_sha="c0ffee", commit_id=known.commit_id)
    assert ledger.get(WriteOperation, other.id).status == "prepared"


def test_a_commit_of_another_id_is_not_found(ledger: Ledger, project_id: str) -> None:
    record(ledger, project_id)
    operation = prepare(ledger, project_id)
    with pytest.raises(CommitNotFound), ledger.unit() as unit:
        commit_recorded(unit, operation.id, commit_sha="c0ffee", commit_id="pcom_other")


@pytest.mark.parametrize("recorded", [False, True], ids=["no record", "a record of its own"])
def test_an_operation_is_not_committed_without_a_record_that_carries_its_id(
    ledger: Ledger, project_id: str, recorded: bool
) -> None:
    """E10: the aggregate's own command cannot leave the link half."""
    commit_id = record(ledger, project_id).commit_id if recorded else "pcom_1"
    operation = prepare(ledger, project_id)
    with (
        pytest.raises(WriteOperationCommitNotRecorded, match=commit_id),
        ledger.edit(WriteOperation, operation.id) as draft,
    ):
        draft.commit(commit_sha="c0ffee", commit_id=commit_id)
    assert ledger.get(WriteOperation, operation.id).status == "prepared"
