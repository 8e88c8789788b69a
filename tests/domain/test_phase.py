"""A phase: planned, approved, worked on, reviewed and merged; what it waits for."""

from typing import Any

import pytest

from support.phase_states import LIVES, begun, created, dependency_added
from workledger.domain.dependencies import DependencyCycle, DependencySelf
from workledger.domain.initiative import Initiative, InitiativeNotFound, InitiativePhasesOpen
from workledger.domain.kernel.ledger import Ledger
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.phase import Phase
from workledger.domain.phase.events import (
    PhaseApproved,
    PhaseBlocked,
    PhaseChangesRequested,
    PhaseCompleted,
    PhaseContentChanged,
    PhaseCreated,
    PhaseDeleted,
    PhaseDependencyAdded,
    PhaseDependencyRemoved,
    PhaseMerged,
    PhaseQueued,
    PhaseRenamed,
    PhaseReviewRequested,
    PhaseStarted,
    PhaseUnblocked,
)
from workledger.domain.phase.refusals import (
    PhaseDependenciesUnmet,
    PhaseInvalidTransition,
    PhaseNotFound,
    PhaseOfAnotherInitiative,
    PhaseReviewRequired,
)
from workledger.testing import given


@pytest.fixture
def initiative(ledger: Ledger) -> None:
    """An initiative `i` whose phases are merged without a review, and `j`, whose phases are reviewed."""
    ledger.create(Initiative.create(id="i", name="Sign in", execution_mode="yolo"))
    ledger.create(Initiative.create(id="j", name="Sign out"))


def phase(ledger: Ledger, id: str, *commands: str, initiative_id: str = "i") -> None:
    """A new phase, and what is asked of it."""
    ledger.create(Phase.create(id=id, initiative_id=initiative_id, name=id))
    tell(ledger, id, *commands)


def tell(ledger: Ledger, id: str, *commands: str, **arguments: Any) -> None:
    with ledger.edit(Phase, id) as draft:
        for name in commands:
            getattr(draft, name)(**arguments)


def depend(ledger: Ledger, id: str, other: str) -> None:
    tell(ledger, id, "add_dependency", depends_on_phase_id=other)


def test_it_begins_pending() -> None:
    new = Phase.create(initiative_id="ini_1", name="Parser")
    assert new.id.startswith("pha_")
    assert new.events == [PhaseCreated(initiative_id="ini_1", name="Parser", content=None, status="pending")]


@pytest.mark.parametrize("wrong", [{"name": ""}, {"name": "x" * 201}, {"content": "x" * 100_001}])
def test_what_it_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    given(Phase).when(Phase.create, **{"initiative_id": "ini_1", "name": "Parser", **wrong}).refused(InvalidInput)


def test_its_name_and_content_change_when_they_differ() -> None:
    given(Phase, created).when(Phase.rename, name="Lexer").then(PhaseRenamed(name="Lexer"))
    given(Phase, created).when(Phase.rename, name="Parser").then()
    given(Phase, created).when(Phase.change_content, content="{}").then(PhaseContentChanged(content="{}"))
    given(Phase, created).when(Phase.change_content, content=None).then(PhaseContentChanged(content=None))
    given(Phase, created).when(Phase.change_content, content=created.content).then()


def test_its_plan_is_approved_then_it_is_queued_and_started() -> None:
    given(Phase, *LIVES["pending"]).when(Phase.approve).then(PhaseApproved())
    given(Phase, *LIVES["approved"]).when(Phase.queue).then(PhaseQueued())
    given(Phase, *LIVES["queued"]).when(Phase.start).then(PhaseStarted())
    given(Phase, *LIVES["queued"]).when(Phase.start).becomes(status="in_progress", queued=False)


@pytest.mark.parametrize("before", ["approved", "queued", "in_progress"])
def test_it_is_unblocked_to_what_it_was_before(before: str) -> None:
    blocked = PhaseBlocked(reason="It rains.")
    given(Phase, *LIVES[before]).when(Phase.block, reason="It rains.").then(blocked)
    state = Phase.fold("it", LIVES[before])
    assert state
    told = given(Phase, *LIVES[before], blocked).when(Phase.unblock)
    told.then(PhaseUnblocked(status=state.status, queued=state.queued))  # type: ignore[arg-type]
    told.becomes(state=before, blocked_reason=None)


def test_a_blocked_one_keeps_its_reason() -> None:
    life = LIVES["blocked"]
    given(Phase, *life).when(Phase.block, reason="The key is missing.").then()
    given(Phase, *life).when(Phase.block, reason="It rains.").refused(PhaseInvalidTransition)
    given(Phase, *LIVES["approved"]).when(Phase.unblock).then()


def test_it_is_reviewed_and_merged_with_its_merge_base_kept() -> None:
    """C22."""
    given(Phase, *LIVES["in_progress"]).when(Phase.request_review).then(PhaseReviewRequested())
    told = given(Phase, *LIVES["pending_review"]).when(
        Phase.approve_review, merge_base="c0ffee", merge_sha="beef", strategy="squash"
    )
    told.then(PhaseMerged(merge_base="c0ffee", merge_sha="beef", strategy="squash"), PhaseCompleted())
    told.becomes(status="completed", merge_base="c0ffee")


@pytest.mark.parametrize(("life", "command"), [("in_progress", "merge"), ("pending_review", "approve_review")])
def test_where_there_is_no_branch_it_is_completed_without_a_merge(life: str, command: str) -> None:
    given(Phase, *LIVES[life]).when(getattr(Phase, command)).then(PhaseCompleted())


def test_changes_name_the_comments_that_ask_for_them_each_once() -> None:
    given(Phase, *LIVES["pending_review"]).when(
        Phase.request_changes, comment_ids=("c2", "c1", "c2"), task_id="tsk_1"
    ).then(PhaseChangesRequested(comment_ids=("c2", "c1"), task_id="tsk_1"))


def test_it_is_deleted_under_its_name() -> None:
    given(Phase, created).when(Phase.delete).then(PhaseDeleted(name="Parser"))


TABLE = {
    "approve": {"pending": "approved", "approved": "="},
    "queue": {"approved": "queued", "queued": "="},
    "start": {"approved": "in_progress", "queued": "in_progress", "in_progress": "="},
    "block": {"approved": "blocked", "queued": "blocked", "in_progress": "blocked", "blocked": "="},
    "unblock": dict.fromkeys(LIVES, "=") | {"blocked": "in_progress"},
    "request_review": {"in_progress": "pending_review", "pending_review": "="},
    "request_changes": {"pending_review": "in_progress"},
    "merge": {"in_progress": "completed", "completed": "="},
    "approve_review": {"pending_review": "completed", "completed": "="},
    "reopen": {"completed": "in_progress", "in_progress": "="},
}
"""Where each command leads from each state; from all others it is refused (domain.md 2.7)."""


@pytest.mark.parametrize("state", [state for state in LIVES if ", " not in state])
@pytest.mark.parametrize("command", TABLE)
def test_each_command_leads_where_the_machine_says_and_is_refused_elsewhere(command: str, state: str) -> None:
    arguments = {"reason": "The key is missing."} if command == "block" else {}
    told = given(Phase, *LIVES[state]).when(getattr(Phase, command), **arguments)
    leads = TABLE[command].get(state)
    if leads is None:
        told.refused(PhaseInvalidTransition, kind="phase", state=state, command=command)
    elif leads == "=":
        told.then()
    else:
        told.becomes(state=leads)


class TestDependencies:
    """C4, X14: they lead both ways, to phases of the initiative, and never back."""

    def test_one_is_added_and_removed_once(self) -> None:
        added = PhaseDependencyAdded(depends_on_phase_id="b")
        given(Phase, created).when(Phase.add_dependency, depends_on_phase_id="b").then(added)
        given(Phase, created, added).when(Phase.add_dependency, depends_on_phase_id="b").then()
        removed = PhaseDependencyRemoved(depends_on_phase_id="b")
        given(Phase, created, added).when(Phase.remove_dependency, depends_on_phase_id="b").then(removed)
        given(Phase, created).when(Phase.remove_dependency, depends_on_phase_id="b").then()

    def test_it_does_not_depend_on_itself(self) -> None:
        given(Phase, created, id="a").when(Phase.add_dependency, depends_on_phase_id="a").refused(
            DependencySelf, kind="phase", phase_id="a"
        )

    @pytest.mark.usefixtures("initiative")
    def test_they_form_no_cycle_however_long(self, ledger: Ledger) -> None:
        for id in ("a", "b", "c"):
            phase(ledger, id)
        depend(ledger, "b", "a")
        depend(ledger, "c", "b")
        for first, last in (("a", "b"), ("a", "c")):
            with pytest.raises(DependencyCycle) as refused:
                depend(ledger, first, last)
            assert refused.value.details == {"kind": "phase", "phase_id": first, "depends_on_phase_id": last}
        tell(ledger, "c", "remove_dependency", depends_on_phase_id="b")
        depend(ledger, "a", "c")

    @pytest.mark.usefixtures("initiative")
    def test_the_other_phase_is_there_and_of_the_same_initiative(self, ledger: Ledger) -> None:
        phase(ledger, "a")
        phase(ledger, "elsewhere", initiative_id="j")
        with pytest.raises(PhaseNotFound):
            depend(ledger, "a", "nowhere")
        with pytest.raises(PhaseOfAnotherInitiative) as refused:
            depend(ledger, "a", "elsewhere")
        assert refused.value.details.items() >= {"initiative_id": "i", "phase_id": "elsewhere"}.items()

    @pytest.mark.usefixtures("initiative")
    def test_it_starts_when_all_that_it_depends_on_are_completed(self, ledger: Ledger) -> None:
        for id in ("a", "b", "c"):
            phase(ledger, id, "approve")
        depend(ledger, "c", "a")
        depend(ledger, "c", "b")
        for id in ("a", "b"):
            with pytest.raises(PhaseDependenciesUnmet) as refused:
                tell(ledger, "c", "start")
            assert refused.value.details["depends_on_phase_id"] == id
            tell(ledger, id, "start", "merge")
        tell(ledger, "c", "start")
        assert ledger.get(Phase, "c").status == "in_progress"

    @pytest.mark.usefixtures("initiative")
    def test_a_deleted_one_is_waited_for_no_more(self, ledger: Ledger) -> None:
        for id in ("a", "b"):
            phase(ledger, id, "approve")
        depend(ledger, "b", "a")
        assert ledger.holders("dependents_of_phase:a") == ["phase-b"]
        tell(ledger, "a", "delete")
        tell(ledger, "b", "start")
        tell(ledger, "b", "delete")
        assert ledger.holders("dependents_of_phase:a") == []

    @pytest.mark.usefixtures("initiative")
    def test_one_that_is_reopened_is_waited_for_again(self, ledger: Ledger) -> None:
        for id in ("a", "b"):
            phase(ledger, id, "approve")
        depend(ledger, "b", "a")
        tell(ledger, "a", "start", "merge", "reopen")
        with pytest.raises(PhaseDependenciesUnmet):
            tell(ledger, "b", "start")
        with pytest.raises(InitiativePhasesOpen), ledger.edit(Initiative, "i") as draft:
            draft.request_review()
        tell(ledger, "a", "merge")
        tell(ledger, "b", "start")


class TestMode:
    """Phases are merged as their tasks are done, or reviewed before, as their initiative says (domain.md 2.7)."""

    @pytest.mark.usefixtures("initiative")
    def test_a_phase_that_is_to_be_reviewed_is_not_merged_before(self, ledger: Ledger) -> None:
        phase(ledger, "b", "approve", "start", initiative_id="j")
        with pytest.raises(PhaseReviewRequired):
            tell(ledger, "b", "merge")
        tell(ledger, "b", "request_review", "approve_review")
        assert ledger.get(Phase, "b").status == "completed"

    @pytest.mark.usefixtures("initiative")
    def test_facts_of_another_system_are_recorded_all_the_same(self, ledger: Ledger) -> None:
        with ledger.unit() as unit:
            life = [PhaseCreated(initiative_id="j", name="Old"), PhaseApproved(), PhaseStarted(), PhaseCompleted()]
            unit.record(Phase, "old", life)
        assert ledger.get(Phase, "old").status == "completed"

    @pytest.mark.usefixtures("initiative")
    def test_a_review_may_be_asked_for_where_none_is_needed(self, ledger: Ledger) -> None:
        phase(ledger, "a", "approve", "start", "request_review", "approve_review")
        assert ledger.get(Phase, "a").status == "completed"


@pytest.mark.usefixtures("initiative")
def test_a_phase_of_a_deleted_initiative_takes_no_command(ledger: Ledger) -> None:
    phase(ledger, "a")
    with ledger.edit(Initiative, "i") as initiative:
        initiative.delete()
    with pytest.raises(InitiativeNotFound):
        tell(ledger, "a", "approve")


@pytest.mark.parametrize("state", LIVES)
def test_it_is_deleted_in_any_state(state: str) -> None:
    told = given(Phase, *LIVES[state]).when(Phase.delete)
    assert not isinstance(told.outcome, Refused)


def test_its_events_are_found_by_initiative_and_phase() -> None:
    found = Phase.fold("pha_1", [*begun, dependency_added])
    assert found
    assert found.tags() == {"initiative": "ini_1", "phase": "pha_1"}
