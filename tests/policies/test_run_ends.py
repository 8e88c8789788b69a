"""What follows when a run fails: the task is tried again, blocked, or left to somebody."""

import pytest

from support.policy_desk import Desk, crash
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.policies import BLOCK_ON_SPAWN_FAILURE, RETRY_ON_CRASH
from workledger.domain.services.runs import resume_run, start_run
from workledger.domain.task import Task
from workledger.domain.task.dispatch import RETRIES
from workledger.domain.task.events import (
    QUEUE_CAPACITY,
    TaskBlocked,
    TaskQueued,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskUnassigned,
)


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    """Ann works on a task."""
    desk = Desk(memory_ledger, RETRY_ON_CRASH, BLOCK_ON_SPAWN_FAILURE)
    desk.card("t")
    desk.at_work("t", "r1")
    return desk


def test_after_a_crash_the_task_is_queued_again(desk: Desk) -> None:
    desk.run("r1", crash)
    assert desk.follows() == [
        TaskRetryScheduled(retry_count=1, run_id="r1"),
        TaskUnassigned(agent_id="ann", reason="retry"),
        TaskQueued(priority="medium", anyway=True),
    ]
    assert desk.follows() == []


def test_it_is_done_by_automation_because_of_the_event(desk: Desk) -> None:
    with desk.ledger.acting_as("agent:ann", correlation_id="request-1"):
        desk.run("r1", crash)
    desk.follows()
    [failed] = desk.log(0, "agent_run.failed")
    [scheduled] = desk.log(0, TaskRetryScheduled.TOPIC)
    assert scheduled.actor == "automation"
    assert scheduled.causation_id == failed.event_id
    assert scheduled.correlation_id == "request-1"
    assert scheduled.command_id == f"retry_on_crash:{failed.event_id}"


def test_three_times_and_then_it_is_left_to_somebody(desk: Desk) -> None:
    """C16."""
    for nth in range(1, RETRIES + 1):
        desk.run(f"r{nth}", crash)
        assert TaskRetryScheduled(retry_count=nth, run_id=f"r{nth}") in desk.follows()
        desk.at_work("t", f"r{nth + 1}")
    desk.run("r4", crash)
    assert desk.follows() == [TaskRetriesExhausted(retry_count=3, run_id="r4")]
    assert (desk.state("t"), desk.ledger.get(Task, "t").board_column) == ("stuck", "in_progress")


def test_a_run_that_could_not_begin_blocks_its_task(desk: Desk) -> None:
    desk.run("r1", lambda run: run.fail(cause="spawn_error", error="No such program."))
    assert desk.follows() == [TaskBlocked(reason="spawn_failure", detail="No such program.")]


def test_a_spawn_error_that_calls_itself_recoverable_blocks_too(desk: Desk) -> None:
    desk.run("r1", lambda run: run.fail(cause="spawn_error", error="Busy.", recoverable=True))
    assert desk.follows() == [TaskBlocked(reason="spawn_failure", detail="Busy.")]


def test_after_a_failure_for_good_the_task_is_queued_again_too(desk: Desk) -> None:
    """Otherwise it would be at work for ever, without a run."""
    desk.run("r1", lambda run: run.fail(cause="execution_error", error="No."))
    assert TaskRetryScheduled(retry_count=1, run_id="r1") in desk.follows()
    assert desk.state("t") == "queued"


def test_nothing_follows_from_a_stop(desk: Desk) -> None:
    desk.run("r1", lambda run: run.stop())
    assert desk.follows() == []


def test_nothing_follows_from_a_run_without_a_task(desk: Desk) -> None:
    desk.hire("bob")
    with desk.ledger.unit() as unit:
        start_run(unit, agent_id="bob", id="r2")
    desk.run("r2", crash)
    assert desk.follows() == []


def test_a_run_that_goes_on_by_then_keeps_its_task(desk: Desk) -> None:
    desk.run("r1", lambda run: run.report_process(provider_session_id="c"), crash)
    with desk.ledger.unit() as unit:
        resume_run(unit, "r1", new_process=True)
    assert desk.follows() == []
    desk.run("r1", crash)
    assert TaskRetryScheduled(retry_count=1, run_id="r1") in desk.follows()


def test_a_run_that_is_resumed_after_the_retry_and_fails_again_is_retried_again(desk: Desk) -> None:
    """Its task was assigned again with the resumption: it must not be at work for ever."""
    desk.run("r1", lambda run: run.report_process(provider_session_id="c"), crash)
    desk.follows()
    with desk.ledger.unit() as unit:
        resume_run(unit, "r1", new_process=True)
    assert desk.state("t") == "working"
    desk.run("r1", crash)
    assert TaskRetryScheduled(retry_count=2, run_id="r1") in desk.follows()
    assert desk.state("t") == "queued"


def test_what_somebody_has_said_by_then_stands(desk: Desk) -> None:
    desk.run("r1", crash)
    desk.task("t", lambda task: task.cancel())
    assert desk.follows() == []
    assert desk.state("t") == "ready"


def test_a_task_that_another_run_is_at_by_then_stays_with_it(desk: Desk) -> None:
    desk.run("r1", crash)
    with desk.ledger.unit() as unit:
        start_run(unit, agent_id="ann", id="r2", task_id="t")
    assert desk.follows() == []


def test_a_task_that_was_given_to_another_agent_stays_with_it(desk: Desk) -> None:
    desk.hire("bob")
    desk.run("r1", crash)
    desk.task("t", lambda task: task.cancel(), lambda task: task.assign(agent_id="bob"))
    assert desk.follows() == []
    assert desk.ledger.get(Task, "t").agent_id == "bob"


def test_a_task_that_is_gone_by_then_is_no_error(desk: Desk) -> None:
    desk.run("r1", crash)
    desk.task("t", lambda task: task.delete())
    assert desk.follows() == []
    assert not any(at.dead_letters for at in desk.reactor.checkpoints().values())


def test_a_full_queue_is_waited_for(desk: Desk) -> None:
    """Otherwise the task would be nobody's, and look as if it were at work."""
    desk.cards(*(f"other_{number}" for number in range(QUEUE_CAPACITY)))
    desk.run("r1", crash)
    assert desk.follows() == []
    assert desk.reactor.checkpoints()[RETRY_ON_CRASH].dead_letters == 1
    desk.task("other_1", lambda task: task.dequeue())
    desk.reactor.retry(RETRY_ON_CRASH)
    assert desk.state("t") == "queued"
    assert desk.reactor.checkpoints()[RETRY_ON_CRASH].dead_letters == 0


def test_an_agent_that_is_gone_by_then_costs_its_task_nothing(desk: Desk) -> None:
    desk.run("r1", crash)
    with desk.ledger.edit(Agent, "ann") as agent:
        agent.delete()
    assert TaskRetryScheduled(retry_count=1, run_id="r1") in desk.follows()
