"""A stage run: queued, running, and one of three ends; one at a time for each stage of a project."""

from collections.abc import Callable
from typing import Any

import pytest

from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.domain.stage_run import (
    StageRun,
    StageRunCancelled,
    StageRunDeleted,
    StageRunExists,
    StageRunFailed,
    StageRunInvalidTransition,
    StageRunNotFound,
    StageRunQueued,
    StageRunStarted,
    StageRunSucceeded,
)
from workledger.domain.workspace import WorkspaceNotFound
from workledger.testing import given

queued = StageRunQueued(
    project_id="prj_1", stage="prd", provider="anthropic", idempotency_key="once", metadata={"tone": "dry"}
)
started = StageRunStarted(worker_id="w1")
succeeded = StageRunSucceeded(outputs={"prd": "…"}, metadata={"tone": "dry"})
failed = StageRunFailed(error_summary="stuck")
cancelled = StageRunCancelled(by="user:ann")

LIVES: dict[str, tuple[Event, ...]] = {
    "queued": (queued,),
    "running": (queued, started),
    "succeeded": (queued, started, succeeded),
    "failed": (queued, started, failed),
    "cancelled": (queued, cancelled),
}


def test_a_run_begins_queued() -> None:
    given(StageRun).when(
        StageRun.create,
        project_id="prj_1",
        stage="prd",
        provider="anthropic",
        idempotency_key="once",
        metadata={"tone": "dry"},
    ).then(queued)


def test_a_run_has_the_defaults_of_elmer() -> None:
    new = StageRun.create(project_id="prj_1", stage="prd", provider="cli")
    assert new.id.startswith("run_")
    assert new.events == [
        StageRunQueued(
            project_id="prj_1",
            stage="prd",
            automation_level="human_approval",
            provider="cli",
            attempt=1,
            idempotency_key=new.id,
            triggered_by="user",
        )
    ]


def test_a_run_starts_and_succeeds_with_its_outputs() -> None:
    given(StageRun, *LIVES["queued"]).when(StageRun.start, worker_id="w1").then(started)
    given(StageRun, *LIVES["running"]).when(StageRun.succeed, outputs={"prd": "…"}).then(succeeded)


def test_metadata_of_the_end_is_merged_into_that_of_the_run() -> None:
    given(StageRun, *LIVES["running"]).when(StageRun.succeed, metadata={"pages": 3}).then(
        StageRunSucceeded(metadata={"tone": "dry", "pages": 3})
    )


def test_a_run_fails_with_a_summary() -> None:
    given(StageRun, *LIVES["running"]).when(StageRun.fail, error_summary="stuck").then(failed)


def test_a_run_is_cancelled_by_an_actor() -> None:
    given(StageRun, *LIVES["queued"]).when(StageRun.cancel, by="user:ann").then(cancelled)


COMMANDS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "start": (StageRun.start, {"worker_id": "w1"}),
    "steal": (StageRun.start, {"worker_id": "w2"}),
    "succeed": (StageRun.succeed, {}),
    "fail": (StageRun.fail, {"error_summary": "stuck"}),
    "cancel": (StageRun.cancel, {}),
}
TABLE = """
         queued     running    succeeded  failed     cancelled
start    running    =          -          -          -
steal    running    -          -          -          -
succeed  -          succeeded  =          -          -
fail     -          failed     -          =          -
cancel   cancelled  cancelled  -          -          =
"""


@pytest.mark.parametrize("row", TABLE.strip("\n").splitlines()[1:], ids=lambda row: row.split()[0])
def test_every_command_in_every_state(row: str) -> None:
    """domain.md 2.11: = changes nothing, - is refused."""
    name, *cells = row.split()
    command, arguments = COMMANDS[name]
    for state, cell in zip(LIVES, cells, strict=True):
        outcome = given(StageRun, *LIVES[state]).when(command, **arguments)
        if cell == "-":
            outcome.refused(StageRunInvalidTransition, state=state)
        else:
            outcome.becomes(status=state if cell == "=" else cell)
            assert bool(outcome.events) == (cell != "=")


@pytest.mark.parametrize("state", LIVES)
def test_a_run_can_be_deleted_in_every_state(state: str) -> None:
    given(StageRun, *LIVES[state]).when(StageRun.delete).then(StageRunDeleted(stage="prd"))


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_retry_is_another_run_with_the_next_attempt(state: str) -> None:
    given(StageRun, *LIVES[state], id="run_1").when(StageRun.retry).then(
        StageRunQueued(
            project_id="prj_1",
            stage="prd",
            provider="anthropic",
            attempt=2,
            idempotency_key="retry:run_1",
            triggered_by="retry",
            retry_of="run_1",
            metadata={"tone": "dry"},
        )
    )


@pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
def test_only_what_failed_or_was_cancelled_is_tried_again(state: str) -> None:
    given(StageRun, *LIVES[state]).when(StageRun.retry).refused(StageRunInvalidTransition, command="retry")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (
            "stage",
            ["inbox", "discovery", "prd", "design", "prototype", "validate", "tickets", "build", "alpha", "beta", "ga"],
        ),
        ("automation_level", ["fully_auto", "auto_notify", "human_approval", "manual"]),
        ("provider", ["anthropic", "openai", "cli", "cursor"]),
        ("triggered_by", ["user", "automation", "retry"]),
    ],
)
def test_every_value_of_elmers_is_accepted_and_no_other(field: str, values: list[str]) -> None:
    arguments: dict[str, Any] = {"project_id": "prj_1", "stage": "prd", "provider": "cli"}
    for value in values:
        assert given(StageRun).when(StageRun.create, **arguments | {field: value}).events
    given(StageRun).when(StageRun.create, **arguments | {field: "else"}).refused(InvalidInput)


# Across runs


@pytest.fixture
def project_id(ledger: Ledger) -> str:
    return ledger.create(Project.create(name="Parser")).id


def queue(ledger: Ledger, project_id: str, stage: str = "prd", key: str | None = None) -> StageRun:
    return ledger.create(
        StageRun.create(project_id=project_id, stage=stage, provider="cli", idempotency_key=key)  # type: ignore[arg-type]
    )


def test_a_stage_is_run_once_at_a_time(ledger: Ledger, project_id: str) -> None:
    """domain.md 3.3, X9: the refusal names the run to answer with."""
    run = queue(ledger, project_id)
    with pytest.raises(StageRunExists) as refused:
        queue(ledger, project_id)
    assert refused.value.details["holder"] == StageRun.stream(run.id)
    queue(ledger, project_id, "design")
    queue(ledger, ledger.create(Project.create(name="Lexer")).id)


@pytest.mark.parametrize("end", ["succeed", "fail", "cancel", "delete"])
def test_the_end_of_a_run_lets_the_next_begin(ledger: Ledger, project_id: str, end: str) -> None:
    run = queue(ledger, project_id)
    with ledger.edit(StageRun, run.id) as edited:
        edited.start()
        getattr(edited, end)(**({"error_summary": "stuck"} if end == "fail" else {}))
    queue(ledger, project_id)


def test_a_key_is_used_once_for_all_stages_and_times(ledger: Ledger, project_id: str) -> None:
    run = queue(ledger, project_id, key="monday")
    with ledger.edit(StageRun, run.id) as edited:
        edited.cancel()
    with pytest.raises(StageRunExists) as refused:
        queue(ledger, project_id, "design", key="monday")
    assert refused.value.code == "DUPLICATE_REQUEST"


def test_a_run_is_retried_once(ledger: Ledger, project_id: str) -> None:
    run = queue(ledger, project_id)
    with ledger.edit(StageRun, run.id) as edited:
        edited.cancel()
    second = ledger.create(ledger.get(StageRun, run.id).retry())
    with ledger.edit(StageRun, second.id) as edited:
        edited.cancel()
    with pytest.raises(StageRunExists):
        ledger.create(ledger.get(StageRun, run.id).retry())
    assert ledger.create(ledger.get(StageRun, second.id).retry()).attempt == 3


def test_a_run_requires_its_project_and_workspace_until_it_is_deleted(ledger: Ledger, project_id: str) -> None:
    with pytest.raises(ProjectNotFound):
        queue(ledger, "prj_0")
    with pytest.raises(WorkspaceNotFound):
        ledger.create(StageRun.create(project_id=project_id, workspace_id="ws_0", stage="prd", provider="cli"))
    run = queue(ledger, project_id)
    with ledger.edit(Project, project_id) as project:
        project.delete()
    with pytest.raises(ProjectNotFound), ledger.edit(StageRun, run.id) as edited:
        edited.start()
    with ledger.edit(StageRun, run.id) as edited:
        edited.cancel()


def test_a_deleted_run_is_not_found(ledger: Ledger, project_id: str) -> None:
    run = queue(ledger, project_id)
    with ledger.edit(StageRun, run.id) as edited:
        edited.delete()
    with pytest.raises(StageRunNotFound), ledger.edit(StageRun, run.id) as edited:
        edited.start()


def test_every_refusal_has_a_code_of_its_own() -> None:
    refusals: tuple[type[Refused], ...] = (StageRunNotFound, StageRunExists, StageRunInvalidTransition)
    assert len({refusal.code for refusal in refusals}) == 3
