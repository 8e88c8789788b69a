"""An initiative: worked on, reviewed as a whole, completed, archived; its links to projects."""

from typing import Any

import pytest

from support.initiative_states import LIVES, begun, created, linked
from workledger.domain.initiative import (
    Initiative,
    InitiativeArchived,
    InitiativeBranchSet,
    InitiativeChangesRequested,
    InitiativeCompleted,
    InitiativeCreated,
    InitiativeDeleted,
    InitiativeInvalidTransition,
    InitiativeNotFound,
    InitiativePhasesOpen,
    InitiativeProjectLinked,
    InitiativeProjectUnlinked,
    InitiativeRenamed,
    InitiativeReopened,
    InitiativeReviewApproved,
    InitiativeReviewRequested,
)
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectNotFound
from workledger.testing import given


def test_what_codewalkers_leaves_out_has_its_defaults() -> None:
    """C1."""
    new = Initiative.create(name="Sign in")
    assert new.id.startswith("ini_")
    assert new.events == [InitiativeCreated(name="Sign in", execution_mode="review_per_phase", status="active")]
    given(Initiative).when(Initiative.create, name="Sign in").becomes(status="active", branch=None, project_ids=())


def test_it_may_begin_with_a_branch_and_projects_each_once() -> None:
    given(Initiative).when(
        Initiative.create, name="Sign in", execution_mode="yolo", branch="cw/sign-in", project_ids=("a", "b", "a")
    ).then(
        InitiativeCreated(name="Sign in", execution_mode="yolo"),
        InitiativeBranchSet(branch="cw/sign-in"),
        InitiativeProjectLinked(project_id="a"),
        InitiativeProjectLinked(project_id="b"),
    )


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "x" * 201}, {"execution_mode": "fast"}, {"branch": "x" * 201}, {"project_ids": ("",)}],
)
def test_what_it_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    given(Initiative).when(Initiative.create, **{"name": "Sign in", **wrong}).refused(InvalidInput)


def test_its_name_and_branch_change_when_they_differ() -> None:
    given(Initiative, *begun).when(Initiative.rename, name="Sign out").then(InitiativeRenamed(name="Sign out"))
    given(Initiative, *begun).when(Initiative.rename, name="Sign in").then()
    given(Initiative, *begun).when(Initiative.set_branch, branch=None).then(InitiativeBranchSet(branch=None))
    given(Initiative, *begun).when(Initiative.set_branch, branch="cw/sign-in").then()


class TestItsProjects:
    """C8 and X3: only the difference is recorded."""

    both = (created, linked, InitiativeProjectLinked(project_id="prj_2"))

    def test_the_same_ones_in_any_order_record_nothing(self) -> None:
        for same in (("prj_1", "prj_2"), ("prj_2", "prj_1"), ("prj_2", "prj_1", "prj_2")):
            given(Initiative, *self.both).when(Initiative.set_projects, project_ids=same).then()

    def test_what_is_missing_is_linked_and_what_is_too_much_unlinked(self) -> None:
        given(Initiative, *self.both).when(Initiative.set_projects, project_ids=("prj_3", "prj_2")).then(
            InitiativeProjectUnlinked(project_id="prj_1", reason="user"), InitiativeProjectLinked(project_id="prj_3")
        )

    def test_none_unlinks_them_all(self) -> None:
        given(Initiative, *self.both).when(Initiative.set_projects, project_ids=()).becomes(project_ids=())

    def test_a_project_that_is_not_there_links_none_of_them(self, ledger: Ledger) -> None:
        ledger.create(Project.create(id="a", name="A"))
        ledger.create(Initiative.create(id="i", name="Sign in"))
        with pytest.raises(ProjectNotFound), ledger.edit(Initiative, "i") as initiative:
            initiative.set_projects(project_ids=("a", "nowhere"))
        assert ledger.get(Initiative, "i").project_ids == ()

    def test_a_project_knows_its_initiatives_until_they_are_unlinked_or_deleted(self, ledger: Ledger) -> None:
        ledger.create(Project.create(id="a", name="A"))
        for id in ("i", "j", "k"):
            ledger.create(Initiative.create(id=id, name=id, project_ids=("a",)))
        with ledger.edit(Initiative, "j") as initiative:
            initiative.set_projects(project_ids=())
        with ledger.edit(Initiative, "k") as initiative:
            initiative.delete()
        assert ledger.holders("initiatives_of_project:a") == ["initiative-i"]


def test_it_is_reviewed_and_approved() -> None:
    given(Initiative, *LIVES["active"]).when(Initiative.request_review).then(InitiativeReviewRequested())
    given(Initiative, *LIVES["pending_review"]).when(Initiative.approve, strategy="merge_and_push").then(
        InitiativeReviewApproved(strategy="merge_and_push"), InitiativeCompleted()
    )


def test_changes_make_it_active_again() -> None:
    given(Initiative, *LIVES["pending_review"]).when(
        Initiative.request_changes, summary="Name the errors.", phase_id="pha_9", task_id="tsk_9"
    ).then(InitiativeChangesRequested(summary="Name the errors.", phase_id="pha_9", task_id="tsk_9"))


def test_it_is_archived_and_reopened() -> None:
    given(Initiative, *LIVES["completed"]).when(Initiative.archive).then(InitiativeArchived())
    given(Initiative, *LIVES["archived"]).when(Initiative.reopen).then(InitiativeReopened())


def test_it_is_deleted_under_its_name() -> None:
    given(Initiative, *begun).when(Initiative.delete).then(InitiativeDeleted(name="Sign in"))


TABLE = {
    "request_review": {"active": "pending_review", "pending_review": "="},
    "approve": {"pending_review": "completed", "completed": "="},
    "request_changes": {"pending_review": "active"},
    "complete": {"active": "completed", "completed": "="},
    "archive": {"active": "archived", "completed": "archived", "archived": "="},
    "reopen": {"archived": "active", "completed": "active", "active": "="},
}
"""Where each command leads from each state; from all others it is refused (domain.md 2.6)."""


@pytest.mark.parametrize("state", LIVES)
@pytest.mark.parametrize("command", TABLE)
def test_each_command_leads_where_the_machine_says_and_is_refused_elsewhere(command: str, state: str) -> None:
    arguments = {"summary": "More."} if command == "request_changes" else {}
    told = given(Initiative, *LIVES[state]).when(getattr(Initiative, command), **arguments)
    leads = TABLE[command].get(state)
    if leads is None:
        told.refused(InitiativeInvalidTransition, kind="initiative", state=state, command=command)
    elif leads == "=":
        told.then()
    else:
        told.becomes(status=leads)


@pytest.mark.parametrize("command", ["request_review", "complete"])
def test_it_waits_until_all_its_phases_are_completed(ledger: Ledger, command: str) -> None:
    ledger.create(Initiative.create(id="i", name="Sign in", execution_mode="yolo"))
    for id in ("a", "b"):
        ledger.create(Phase.create(id=id, initiative_id="i", name=id))
        with ledger.edit(Phase, id) as phase:
            phase.approve()
            phase.start()
    with ledger.edit(Phase, "a") as phase:
        phase.merge()
    with pytest.raises(InitiativePhasesOpen, match="phase-b"), ledger.edit(Initiative, "i") as initiative:
        getattr(initiative, command)()
    with ledger.edit(Phase, "b") as phase:
        phase.delete()
    with ledger.edit(Initiative, "i") as initiative:
        getattr(initiative, command)()


def test_a_phase_that_was_added_during_its_review_keeps_it_from_approval(ledger: Ledger) -> None:
    ledger.create(Initiative.create(id="i", name="Sign in"))
    with ledger.edit(Initiative, "i") as initiative:
        initiative.request_review()
    ledger.create(Phase.create(id="late", initiative_id="i", name="Late"))
    with pytest.raises(InitiativePhasesOpen), ledger.edit(Initiative, "i") as initiative:
        initiative.approve()


def test_a_deleted_one_takes_no_command_and_its_id_is_not_used_again(ledger: Ledger) -> None:
    ledger.create(Initiative.create(id="i", name="Sign in"))
    with ledger.edit(Initiative, "i") as initiative:
        initiative.delete()
    with pytest.raises(InitiativeNotFound), ledger.edit(Initiative, "i") as initiative:
        initiative.rename(name="Again")
    with pytest.raises(InitiativeNotFound):
        ledger.create(Phase.create(initiative_id="i", name="Parser"))
