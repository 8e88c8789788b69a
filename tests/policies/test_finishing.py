"""What follows when a run is over: its task is finished, with what the run says of it."""

from typing import Any

import pytest

from support.policy_desk import Desk, topics
from workledger import Workledger
from workledger.domain.agent_run import AgentRun
from workledger.domain.policies import COMPLETE_ON_STOP, complete_on_stop
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.task.events import TaskApprovalRequested, TaskCompleted, TaskWorkFinished
from workledger.domain.worktree import Worktree


@pytest.fixture
def desk(memory_ledger: Workledger) -> Desk:
    """Ann works on a task."""
    desk = Desk(memory_ledger, COMPLETE_ON_STOP)
    desk.card("t")
    desk.at_work("t", "r1")
    return desk


def completed(result: Any) -> Any:
    return lambda run: run.complete(result=result)


def stopped(reason: str) -> Any:
    return lambda run: run.stop(reason=reason)


def another(desk: Desk, category: str, id: str | None = None) -> None:
    """Another task of that category, with an agent at work on it in a run that is called as it is."""
    id = id or category
    desk.hire(f"of_{id}", project_id=None)
    desk.card(id, category=category)
    desk.at_work(id, id, f"of_{id}")


def test_a_diff_waits_for_a_reviewer(desk: Desk) -> None:
    """domain.md 3.8: the run's result is the summary."""
    desk.run("r1", lambda run: run.report_turn(turn=1), lambda run: run.report_turn(turn=2))
    desk.run("r1", completed({"summary": "Mended.", "diff_summary": "+1 -1", "files_changed": 1, "lines_added": 1}))
    assert desk.follows() == [
        TaskWorkFinished(summary="Mended.", turn_count=2),
        TaskApprovalRequested(diff_summary="+1 -1", files_changed=1, lines_added=1),
    ]
    assert desk.state("t") == "in_review"
    assert desk.follows() == []


def test_without_a_diff_it_stays_at_work(desk: Desk) -> None:
    """domain.md 2.1: TASK_NO_DIFF."""
    desk.run("r1", completed("Nothing to do."))
    assert desk.follows() == []
    assert desk.state("t") == "working"


def test_work_that_is_no_diff_is_done(desk: Desk) -> None:
    for category in ("research", "plan", "review", "merge"):
        another(desk, category)
        desk.run(category, completed("It is the cache."))
        assert desk.follows() == [
            TaskWorkFinished(summary="It is the cache.", turn_count=1),
            TaskCompleted(summary="It is the cache."),
        ]


def test_where_no_approval_is_asked_for_all_is_done(desk: Desk) -> None:
    desk = Desk(desk.ledger, complete_on_stop(approval="none"))
    desk.run("r1", completed({"summary": "Mended.", "files_changed": 3}))
    assert TaskCompleted(summary="Mended.") in desk.follows()


def test_whatever_the_result_is_it_is_the_summary(desk: Desk) -> None:
    results: list[tuple[Any, str | None]] = [
        ("Mended.", "Mended."),
        ({"result": "Mended.", "cost": 1}, "Mended."),
        ({"files": ["a"]}, '{"files": ["a"]}'),
        ([1, "ü"], '[1, "ü"]'),
        (None, None),
        ({}, None),
        ("ü" * 60_000, "ü" * 50_000),
    ]
    for number, (result, summary) in enumerate(results):
        another(desk, "research", f"t{number}")
        desk.run(f"t{number}", completed(result))
        assert desk.follows()[0] == TaskWorkFinished(summary=summary, turn_count=1)


def test_what_does_not_fit_is_not_taken_for_a_diff(desk: Desk) -> None:
    desk.run("r1", completed({"files_changed": -1, "lines_added": "many", "diff_summary": ["x"]}))
    assert desk.follows() == []
    assert desk.reactor.checkpoints()[COMPLETE_ON_STOP].dead_letters == 0


def test_the_worktree_knows_of_a_diff_as_well(desk: Desk) -> None:
    desk.ledger.create(Worktree.create(id="w", project_id="p", task_id="t", branch="mend", path="/w"))
    with desk.ledger.edit(Worktree, "w") as worktree:
        worktree.check_out()
        worktree.initialize()
        worktree.report_change(files=("a.py", "b.py"))
    desk.run("r1", completed("Mended."))
    assert TaskApprovalRequested(files_changed=2) in desk.follows()


def test_what_was_committed_is_a_diff(desk: Desk) -> None:
    desk.ledger.create(Worktree.create(id="w", project_id="p", task_id="t", branch="mend", path="/w"))
    with desk.ledger.edit(Worktree, "w") as worktree:
        worktree.check_out()
        worktree.initialize()
        worktree.report_change()
        worktree.start_commit(message="Mend")
        worktree.complete_commit(sha="abc")
    desk.run("r1", completed("Mended."))
    assert TaskApprovalRequested(diff_summary="mend at abc") in desk.follows()


def test_an_agent_that_stops_has_finished(desk: Desk) -> None:
    """domain.md 1.2"""
    for reason in ("task_complete", "context_complete", "plan_complete"):
        another(desk, "plan", reason)
        desk.run(reason, stopped(reason))
        assert topics(desk.follows()) == ["task.work_finished", "task.completed"]


def test_an_agent_that_was_stopped_has_not(desk: Desk) -> None:
    for reason in ("user_requested", "error", "waiting_for_input"):
        another(desk, "plan", reason)
        desk.run(reason, stopped(reason))
    assert desk.follows() == []


def test_whoever_finishes_the_task_with_the_run_is_not_repeated(desk: Desk) -> None:
    with desk.ledger.unit() as unit:
        unit.edit(AgentRun, "r1").complete(result={"files_changed": 1})
        unit.edit(Task, "t").finish_work(turn_count=1, files_changed=1)
    desk.task("t", lambda task: task.reject(reason="More."))
    assert desk.follows() == [], "it was sent back after the run: that run does not finish it again"
    assert desk.state("t") == "working"


def test_a_task_that_was_sent_back_is_finished_by_the_next_run(desk: Desk) -> None:
    desk.run("r1", completed({"files_changed": 1}))
    desk.follows()
    desk.task("t", lambda task: task.reject(reason="More."))
    with desk.ledger.unit() as unit:
        start_run(unit, id="r2", agent_id="ann", task_id="t")
    desk.run("r2", completed({"files_changed": 2}))
    assert TaskApprovalRequested(files_changed=2) in desk.follows()


def test_a_run_that_went_on_after_a_review_finishes_it_again(desk: Desk) -> None:
    with desk.ledger.unit() as unit:
        unit.edit(AgentRun, "r1").report_output()
        unit.edit(AgentRun, "r1").pause(reason="approval_required")
        unit.edit(Task, "t").finish_work(turn_count=1, files_changed=1)
    desk.task("t", lambda task: task.reject(reason="More."))
    desk.run("r1", lambda run: run.resume(), completed({"files_changed": 2}))
    assert TaskApprovalRequested(files_changed=2) in desk.follows()
