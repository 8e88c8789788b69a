"""What follows when a phase is queued, started or completed: those that depend on it go on, and tasks are queued."""

from typing import Any

import pytest

from support.plan_desk import Plan, begin, queue
from support.policy_desk import assign, depend_on, finish, topics
from workledger import Workledger
from workledger.domain.phase.events import PhaseStarted, PhaseUnblocked
from workledger.domain.policies import DISPATCHING, POLICIES, QUEUE_TASKS, START_PHASES, UNBLOCK_PHASES
from workledger.domain.policies.dispatching import QUEUE_AGAIN
from workledger.domain.task.events import QUEUE_CAPACITY

STARTED = PhaseStarted()


def complete(phase: Any) -> None:
    """It has no tasks."""
    phase.request_review()
    phase.approve_review()


def block(phase: Any) -> None:
    phase.block(reason="dependency")


class TestStarting:
    """Queued phases are started in the order of their dependencies."""

    @pytest.fixture
    def plan(self, memory_ledger: Workledger) -> Plan:
        """An api, a page that depends on it, and an app that depends on both."""
        plan = Plan(memory_ledger, START_PHASES)
        plan.phase("api", begin)
        plan.phase("page", queue, after=("api",))
        plan.phase("app", queue, after=("api", "page"))
        return plan

    def test_one_that_depends_on_nothing_is_started_at_once(self, plan: Plan) -> None:
        plan.phase("docs", queue)
        assert plan.follows() == [STARTED]
        assert plan.stands("docs") == "in_progress"

    def test_the_last_dependency_starts_those_that_wait(self, plan: Plan) -> None:
        assert plan.follows() == []
        plan.phase("api", complete)
        assert plan.follows() == [STARTED]
        assert (plan.stands("page"), plan.stands("app")) == ("in_progress", "queued")
        plan.phase("page", complete)
        assert plan.follows() == [STARTED]
        assert plan.stands("app") == "in_progress"

    def test_one_that_is_not_queued_waits_for_its_user(self, plan: Plan) -> None:
        plan.phase("docs", lambda phase: phase.approve(), after=("api",))
        plan.phase("api", complete)
        plan.follows()
        assert plan.stands("docs") == "approved"

    def test_a_dependency_that_is_deleted_or_given_up_is_waited_for_no_more(self, plan: Plan) -> None:
        plan.phase("api", lambda phase: phase.delete())
        assert plan.follows() == [STARTED]
        plan.phase("app", lambda phase: phase.remove_dependency(depends_on_phase_id="page"))
        assert plan.follows() == [STARTED]

    def test_a_dependency_that_is_reopened_by_then_is_waited_for(self, plan: Plan) -> None:
        plan.phase("api", complete, lambda phase: phase.reopen())
        assert plan.follows() == []

    def test_one_that_is_unblocked_goes_on_where_it_was(self, plan: Plan) -> None:
        plan.phase("page", block)
        plan.phase("api", complete)
        assert plan.follows() == []
        plan.phase("page", lambda phase: phase.unblock())
        assert plan.follows() == [STARTED]


class TestUnblocking:
    """Phases that are blocked for a dependency are unblocked with the last one."""

    @pytest.fixture
    def plan(self, memory_ledger: Workledger) -> Plan:
        plan = Plan(memory_ledger, UNBLOCK_PHASES)
        for id in ("api", "page"):
            plan.phase(id, begin)
        plan.phase("app", queue, block, after=("api", "page"))
        return plan

    def test_the_last_one_unblocks_it(self, plan: Plan) -> None:
        plan.phase("api", complete)
        assert plan.follows() == []
        plan.phase("page", complete)
        assert plan.follows() == [PhaseUnblocked(status="approved", queued=True)]
        assert plan.stands("app") == "queued"

    def test_one_that_is_deleted_or_given_up_unblocks_too(self, plan: Plan) -> None:
        plan.phase("api", lambda phase: phase.delete())
        assert plan.follows() == []
        plan.phase("app", lambda phase: phase.remove_dependency(depends_on_phase_id="page"))
        assert topics(plan.follows()) == ["phase.unblocked"]

    def test_one_that_is_blocked_for_another_reason_stays_so(self, plan: Plan) -> None:
        plan.phase("docs", begin, lambda phase: phase.block(reason="No access."), after=())
        plan.phase("docs", after=("api",))
        plan.phase("api", complete)
        assert plan.follows() == []

    def test_one_that_is_blocked_again_waits_for_something_else(self, plan: Plan) -> None:
        plan.phase("api", complete)
        plan.phase("page", complete)
        plan.phase("app", lambda phase: phase.unblock(), block)
        assert plan.follows() == []

    def test_one_that_is_deleted_by_then_is_no_error(self, plan: Plan) -> None:
        plan.phase("api", complete)
        plan.phase("page", complete)
        plan.phase("app", lambda phase: phase.delete())
        assert plan.follows() == []


class TestQueueing:
    """Tasks of phases in progress are queued as they can start."""

    @pytest.fixture
    def plan(self, memory_ledger: Workledger) -> Plan:
        """Three tasks of a phase that has not started; one waits for another."""
        plan = Plan(memory_ledger, QUEUE_TASKS)
        plan.phase("api", lambda phase: phase.approve())
        plan.planned("logout", "api", plan_order=2)
        plan.planned("login", "api", plan_order=1)
        plan.planned("reset", "api", depend_on("login"))
        return plan

    def start(self, plan: Plan) -> None:
        plan.phase("api", lambda phase: phase.start())

    def states(self, plan: Plan) -> dict[str, str]:
        return {id: plan.state(id) for id in ("login", "logout", "reset")}

    def test_the_tasks_of_a_phase_that_starts_are_queued_in_their_order(self, plan: Plan) -> None:
        self.start(plan)
        before = plan.ledger.head()
        plan.follows()
        assert [row.stream_id for row in plan.log(before, "task.queued")] == ["task-login", "task-logout"]
        assert self.states(plan) == {"login": "queued", "logout": "queued", "reset": "ready"}

    def test_one_that_waits_for_another_is_queued_after_it(self, plan: Plan) -> None:
        self.start(plan)
        plan.follows()
        plan.done("login")
        assert topics(plan.follows()) == ["task.queued"]
        assert plan.state("reset") == "queued"

    def test_before_the_phase_starts_nothing_is_queued(self, plan: Plan) -> None:
        plan.done("login")
        assert plan.follows() == []

    @pytest.mark.parametrize("category", ["plan", "research"])
    def test_planning_is_left_to_a_user(self, plan: Plan, category: str) -> None:
        self.start(plan)
        plan.follows()
        plan.planned("think", "api", category=category)
        assert plan.follows() == []

    def test_a_task_that_comes_in_later_is_queued(self, plan: Plan) -> None:
        self.start(plan)
        plan.follows()
        plan.planned("lockout", "api")
        plan.card("audit")
        plan.task("audit", lambda task: task.move_to_phase(phase_id="api"))
        assert topics(plan.follows()) == ["task.queued", "task.queued"]

    def test_a_task_that_was_waiting_is_queued_when_it_is_unblocked_or_waits_for_nothing(self, plan: Plan) -> None:
        self.start(plan)
        plan.follows()
        plan.planned("audit", "api", depend_on("reset"))
        plan.task("reset", lambda task: task.block(reason="dependency"), lambda task: task.unblock())
        plan.task("audit", lambda task: task.remove_dependency(depends_on_task_id="reset"))
        assert plan.follows() != []
        assert (plan.state("reset"), plan.state("audit")) == ("ready", "queued")

    def test_what_a_user_takes_out_of_the_queue_stays_out(self, plan: Plan) -> None:
        self.start(plan)
        plan.task("login", lambda task: task.queue(), lambda task: task.dequeue())
        plan.follows()
        assert (plan.state("login"), plan.state("logout")) == ("ready", "queued")

    def test_tasks_of_no_phase_are_left_alone(self, plan: Plan) -> None:
        plan.card("chore")
        plan.card("other", depend_on("chore"))
        plan.done("chore")
        assert plan.follows() == []

    def test_a_phase_that_is_blocked_queues_nothing_until_it_goes_on(self, plan: Plan) -> None:
        self.start(plan)
        plan.phase("api", lambda phase: phase.block(reason="No access."))
        assert plan.follows() == []
        plan.phase("api", lambda phase: phase.unblock())
        assert topics(plan.follows()) == ["task.queued", "task.queued"]

    def test_a_phase_of_more_tasks_than_a_queue_holds_is_queued_bit_by_bit(self, plan: Plan) -> None:
        plan.phase("big", lambda phase: phase.approve())
        count = QUEUE_CAPACITY + 2
        for number in range(count):
            plan.planned(f"t{number:02}", "big", plan_order=number)
        plan.phase("big", lambda phase: phase.start())
        plan.follows()
        assert len(plan.log(0, "task.queued")) == QUEUE_CAPACITY
        assert plan.reactor.checkpoints()[QUEUE_TASKS].dead_letters > 0
        for id in ("t00", "t01"):
            plan.task(id, assign("ann"), finish)
        plan.reactor.retry(QUEUE_TASKS)
        assert {plan.state(f"t{number:02}") for number in range(2, count)} == {"queued"}
        assert plan.reactor.checkpoints()[QUEUE_TASKS].dead_letters == 0


def test_a_task_that_was_queued_when_it_was_blocked_is_queued_once(memory_ledger: Workledger) -> None:
    """By one of the two policies that both would."""
    plan = Plan(memory_ledger, QUEUE_AGAIN, QUEUE_TASKS)
    plan.phase("api", begin)
    plan.planned("login", "api", lambda task: task.queue(), lambda task: task.block(reason="dependency"))
    plan.follows()
    plan.task("login", lambda task: task.unblock())
    assert topics(plan.follows()) == ["task.queued"]


def test_what_starts_work_must_be_asked_for() -> None:
    assert not {*DISPATCHING} & {*POLICIES}
    assert {START_PHASES, QUEUE_TASKS} < {*DISPATCHING}
