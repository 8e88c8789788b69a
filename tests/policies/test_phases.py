"""What follows when the last task of a phase is done: it is merged, or its review is requested."""

from typing import Any

import pytest

from support.plan_desk import Plan, begin
from support.policy_desk import finish
from workledger import Workledger
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Event
from workledger.domain.phase import Phase
from workledger.domain.phase.events import PhaseCompleted, PhaseMerged, PhaseReviewRequested
from workledger.domain.policies import PHASE_COMPLETION, Merged, phase_completion

REVIEW: list[Event] = [PhaseReviewRequested()]


@pytest.fixture
def plan(memory_ledger: Workledger) -> Plan:
    """A phase in progress, with two tasks."""
    plan = Plan(memory_ledger, PHASE_COMPLETION)
    plan.phase("api", begin)
    plan.planned("login", "api")
    plan.planned("logout", "api")
    return plan


@pytest.fixture
def yolo(memory_ledger: Workledger) -> Plan:
    """The same where phases are not reviewed, and nothing merges them."""
    return in_yolo(memory_ledger)


def in_yolo(ledger: Workledger, *policies: Any) -> Plan:
    plan = Plan(ledger, *(policies or (PHASE_COMPLETION,)), mode="yolo")
    plan.phase("api", begin)
    plan.planned("login", "api")
    return plan


def test_the_last_task_of_a_phase_requests_its_review(plan: Plan) -> None:
    plan.done("login")
    assert plan.follows() == []
    plan.done("logout")
    assert plan.follows() == REVIEW
    assert plan.stands("api") == "pending_review"


def test_both_done_at_once_request_it_once(plan: Plan) -> None:
    plan.done("login", "logout")
    assert plan.follows() == REVIEW


def test_without_reviews_the_phase_is_completed(yolo: Plan) -> None:
    yolo.done("login")
    assert yolo.follows() == [PhaseCompleted()]
    assert yolo.stands("api") == "completed"


def test_a_phase_that_is_not_reviewed_is_merged_first(memory_ledger: Workledger) -> None:
    """C22: the merge base is kept."""
    asked: list[str] = []

    def merge(phase: Phase) -> Merged:
        asked.append(phase.id)
        return Merged(merge_base="c0ffee", merge_sha="decaf", strategy="squash")

    plan = in_yolo(memory_ledger, phase_completion(merge=merge))
    plan.done("login")
    merged = PhaseMerged(merge_base="c0ffee", merge_sha="decaf", strategy="squash")
    assert plan.follows() == [merged, PhaseCompleted()]
    assert asked == ["api"]
    assert plan.ledger.get(Phase, "api").merge_base == "c0ffee"


def test_a_phase_without_a_branch_is_completed_unmerged(memory_ledger: Workledger) -> None:
    plan = in_yolo(memory_ledger, phase_completion(merge=lambda phase: None))
    plan.done("login")
    assert plan.follows() == [PhaseCompleted()]


def test_a_phase_whose_merge_fails_stays_in_progress_until_it_is_retried(memory_ledger: Workledger) -> None:
    broken = [True]

    def merge(phase: Phase) -> None:
        if broken:
            raise RuntimeError("CONFLICT in login.py")

    policy = phase_completion(merge=merge)
    plan = in_yolo(memory_ledger, policy)
    plan.done("login")
    assert plan.follows() == []
    assert plan.reactor.checkpoints()[policy].dead_letters > 0
    broken.clear()
    plan.reactor.retry(policy)
    assert plan.stands("api") == "completed"


def test_what_is_reviewed_is_not_merged_before(memory_ledger: Workledger) -> None:
    plan = Plan(memory_ledger, phase_completion(merge=lambda phase: pytest.fail("it was merged")))
    plan.phase("api", begin)
    plan.planned("login", "api")
    plan.done("login")
    assert plan.follows() == REVIEW


@pytest.mark.parametrize(
    "gone",
    [
        lambda task: task.delete(),
        lambda task: task.cancel(to="dropped"),
        lambda task: task.move_to_phase(phase_id=None),
        lambda task: task.move_to_phase(phase_id="page"),
    ],
    ids=["deleted", "dropped", "taken out", "put elsewhere"],
)
def test_a_phase_does_not_wait_for_a_task_that_is_gone(plan: Plan, gone: Any) -> None:
    plan.phase("page", begin)
    plan.done("login")
    plan.follows()
    plan.task("logout", gone)
    assert plan.follows() == REVIEW
    assert plan.stands("page") == "in_progress"


def test_a_task_that_is_done_already_completes_the_phase_it_comes_into(plan: Plan) -> None:
    plan.phase("page", begin)
    plan.done("login")
    plan.task("login", lambda task: task.move_to_phase(phase_id="page"))
    assert plan.follows() == REVIEW
    assert plan.stands("page") == "pending_review"


def test_a_phase_in_which_nothing_was_done_goes_on(plan: Plan) -> None:
    plan.task("login", lambda task: task.delete())
    plan.task("logout", lambda task: task.cancel(to="dropped"))
    assert plan.follows() == []


def test_a_task_that_comes_in_meanwhile_is_waited_for(plan: Plan) -> None:
    plan.done("login", "logout")
    plan.planned("reset", "api")
    assert plan.follows() == []
    plan.done("reset")
    assert plan.follows() == REVIEW


def test_a_task_that_is_reopened_meanwhile_is_waited_for(plan: Plan) -> None:
    plan.done("login", "logout")
    plan.task("login", lambda task: task.reopen(reason="More."))
    assert plan.follows() == []


def test_a_phase_that_starts_when_its_tasks_are_done_is_reviewed_at_once(plan: Plan) -> None:
    plan.phase("page", lambda phase: phase.approve())
    plan.planned("form", "page")
    plan.done("form")
    assert plan.follows() == []
    plan.phase("page", lambda phase: phase.start())
    assert plan.follows() == REVIEW


def test_a_blocked_phase_is_reviewed_when_it_goes_on(plan: Plan) -> None:
    plan.phase("api", lambda phase: phase.block(reason="No access."))
    plan.done("login", "logout")
    assert plan.follows() == []
    plan.phase("api", lambda phase: phase.unblock())
    assert plan.follows() == REVIEW


def test_changes_that_were_asked_for_since_are_not_overlooked(plan: Plan) -> None:
    """The tasks were done before the review, so they are no answer to it."""
    plan.done("login", "logout")
    plan.phase("api", lambda phase: phase.request_review(), lambda phase: phase.request_changes())
    assert plan.follows() == []
    assert plan.stands("api") == "in_progress"


def test_tasks_of_no_phase_complete_none(plan: Plan) -> None:
    plan.card("chore", lambda task: task.assign(agent_id="ann"), finish)
    assert plan.follows() == []


def test_a_phase_that_is_deleted_by_then_is_no_error(plan: Plan) -> None:
    plan.done("login", "logout")
    plan.phase("api", lambda phase: phase.delete())
    assert plan.follows() == []
    assert plan.reactor.checkpoints()[PHASE_COMPLETION].dead_letters == 0


def test_an_initiative_that_is_deleted_by_then_is_no_error(plan: Plan) -> None:
    plan.done("login", "logout")
    plan.initiative(lambda initiative: initiative.delete())
    assert plan.follows() == []
    assert plan.ledger.find(Initiative, "i") is None
    assert plan.reactor.checkpoints()[PHASE_COMPLETION].dead_letters == 0
