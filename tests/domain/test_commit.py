"""A commit record: one for each project and sha."""

from typing import Any

import pytest

from workledger.domain.commit import CommitCompleted, CommitNotFound, CommitRecord, CommitRecorded
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import ConcurrencyConflict, InvalidInput
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.workspace import Workspace, WorkspaceNotFound
from workledger.testing import given

REQUIRED: dict[str, Any] = {
    "project_id": "prj_1",
    "commit_sha": "c0ffee",
    "commit_url": "https://example.org/c0ffee",
    "message": "Parse",
}
OPTIONAL: dict[str, Any] = {
    "workspace_id": "ws_1",
    "document_type": "prd",
    "files_changed": ("parser.py",),
    "triggered_by": "automation",
    "author_name": "Ann",
    "author_email": "ann@example.org",
    "stage_run_id": "run_1",
    "write_operation_id": "ghop_1",
}
UNTOLD: dict[str, Any] = {"authored_at": None, "parents": None, "files_known": True}
"""What only an import tells."""


def recorded(**details: Any) -> CommitRecorded:
    (event,) = given(CommitRecord).when(CommitRecord.record, **details).events
    assert isinstance(event, CommitRecorded)
    return event


def test_a_record_needs_only_the_required_fields() -> None:
    """E5: files default to an empty list, what is optional to nothing."""
    event = recorded(**REQUIRED)
    assert event == CommitRecorded(commit_id=event.commit_id, **REQUIRED)
    assert event.payload()["files_changed"] == []
    assert {event.payload()[name] for name in set(OPTIONAL) - {"files_changed"}} == {None}


def test_all_that_is_known_is_kept() -> None:
    event = recorded(**REQUIRED, **OPTIONAL)
    assert event == CommitRecorded(commit_id=event.commit_id, **REQUIRED, **OPTIONAL)


def test_recording_answers_with_all_of_it() -> None:
    """E5"""
    new = CommitRecord.record(**REQUIRED, **OPTIONAL)
    commit = CommitRecord.begin(new.id, new.events[0])
    assert commit.model_dump(exclude={"id", "version", "deleted", "commit_id"}) == REQUIRED | OPTIONAL | UNTOLD


def test_its_id_is_elmers() -> None:
    """E6"""
    assert recorded(**REQUIRED).commit_id.startswith("pcom_")


def test_its_stream_follows_from_project_and_sha() -> None:
    assert CommitRecord.record(**REQUIRED).id == CommitRecord.id_of("prj_1", "c0ffee") == "prj_1:c0ffee"


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_record_without_a_required_field_is_refused(missing: str) -> None:
    rest = {name: value for name, value in REQUIRED.items() if name != missing}
    given(CommitRecord).when(CommitRecord.record, **rest).refused(InvalidInput)


@pytest.mark.parametrize("wrong", [{"commit_sha": ""}, {"commit_sha": "c0 ffee"}, {"commit_url": ""}])
def test_a_sha_and_an_address_are_not_empty(wrong: dict[str, str]) -> None:
    given(CommitRecord).when(CommitRecord.record, **REQUIRED | wrong).refused(InvalidInput)


def test_the_same_sha_twice_is_one_commit_whoever_records_it(ledger: Ledger) -> None:
    """E9"""
    project = ledger.create(Project.create(name="Parser"))
    other = ledger.create(Project.create(name="Lexer"))
    new = CommitRecord.record(**REQUIRED | {"project_id": project.id})
    first = ledger.create(new)
    with pytest.raises(ConcurrencyConflict):
        ledger.create(CommitRecord.record(**REQUIRED | {"project_id": project.id, "message": "Again"}))
    assert ledger.get(CommitRecord, new.id) == first
    ledger.create(CommitRecord.record(**REQUIRED | {"project_id": other.id}))


def test_a_record_requires_its_project_and_its_workspace(ledger: Ledger) -> None:
    with pytest.raises(ProjectNotFound):
        ledger.create(CommitRecord.record(**REQUIRED))
    workspace = ledger.create(Workspace.create(name="Ours"))
    project = ledger.create(Project.create(name="Parser", workspace_id=workspace.id))
    with pytest.raises(WorkspaceNotFound):
        ledger.create(CommitRecord.record(**REQUIRED | {"project_id": project.id, "workspace_id": "ws_0"}))
    ledger.create(CommitRecord.record(**REQUIRED | {"project_id": project.id, "workspace_id": workspace.id}))


def test_a_commit_that_was_never_recorded_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(CommitNotFound):
        ledger.get(CommitRecord, "prj_1:c0ffee")


def test_its_event_is_found_by_project_and_workspace() -> None:
    new = CommitRecord.record(**REQUIRED, workspace_id="ws_1")
    assert CommitRecord.begin(new.id, new.events[0]).tags() == {"project": "prj_1", "workspace": "ws_1"}


def test_what_became_known_later_completes_it() -> None:
    new = CommitRecord.record(**REQUIRED)
    commit = CommitRecord.begin(new.id, new.events[0])
    told: dict[str, Any] = {
        "authored_at": "2026-02-01T08:00:00.000Z",
        "parents": ("c0de",),
        "files_changed": ("a",),
        "files_known": True,
    }
    later = commit.after(CommitCompleted(commit_id=commit.commit_id, **told))
    assert later.model_dump(exclude={"id", "deleted", "commit_id"}) == REQUIRED | dict.fromkeys(OPTIONAL) | told | {
        "version": 2
    }
