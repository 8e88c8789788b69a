"""A task: its commands in the order of its life, their limits, and what they say no to."""

from collections.abc import Callable
from typing import Any

import pytest

from support import task_states as past
from support.task_states import LIVES
from workledger.domain.dependencies import DependencySelf
from workledger.domain.kernel.aggregate import Event
from workledger.domain.kernel.mapping import encode
from workledger.domain.kernel.refusals import InvalidInput, Refused
from workledger.domain.task import Task
from workledger.domain.task.card_events import (
    TaskCreated,
    TaskDependencyAdded,
    TaskDependencyRemoved,
    TaskDetailsChanged,
    TaskLabelsChanged,
    TaskMetadataChanged,
    TaskMoved,
    TaskMovedToPhase,
    TaskReordered,
)
from workledger.domain.task.dispatch import RETRIES
from workledger.domain.task.events import (
    TaskApprovalRequested,
    TaskApproved,
    TaskAssigned,
    TaskBlocked,
    TaskCancelled,
    TaskCompleted,
    TaskDeleted,
    TaskDequeued,
    TaskQueued,
    TaskRejected,
    TaskReopened,
    TaskRetriedManually,
    TaskRetriesExhausted,
    TaskRetryScheduled,
    TaskStarted,
    TaskUnassigned,
    TaskUnblocked,
    TaskWorkFinished,
)
from workledger.domain.task.refusals import (
    TaskAlreadyApproved,
    TaskAlreadyAssigned,
    TaskBlockedByDependency,
    TaskInvalidTransition,
    TaskNoDiff,
    TaskNotWaitingApproval,
)
from workledger.testing import given

to_backlog = TaskMoved(from_column="in_progress", board_column="backlog", rank="C", previous_rank=past.IN_PROGRESS)


def unassigned(reason: str) -> TaskUnassigned:
    return TaskUnassigned(agent_id="ann", reason=reason)


# Its beginning


def test_a_task_begins_in_the_backlog() -> None:
    given(Task).when(Task.create, title="Write the parser", rank="B").then(past.created)


def test_a_task_takes_what_is_said_about_it() -> None:
    said: dict[str, Any] = {
        "title": "Write the parser",
        "description": "By hand.",
        "project_id": "prj_1",
        "initiative_id": "ini_1",
        "phase_id": "pha_1",
        "parent_task_id": "tsk_0",
        "type": "auto",
        "category": "plan",
        "priority": "high",
        "plan_order": 7,
        "labels": ("parser",),
        "metadata": {"size": 3},
        "rank": "B",
    }
    given(Task).when(Task.create, **said).then(TaskCreated(**said))


def test_without_a_rank_it_begins_at_the_end_of_the_backlog() -> None:
    """A3"""
    first, second = (Task.create(title="Write the parser").events[0] for _ in range(2))
    assert isinstance(first, TaskCreated)
    assert isinstance(second, TaskCreated)
    assert past.BACKLOG < first.rank <= second.rank


def test_its_id_is_the_one_given_or_a_new_one() -> None:
    assert Task.create(title="Write the parser", id="beads-17").id == "beads-17"
    assert Task.create(title="Write the parser").id.startswith("tsk_")


def test_a_task_has_the_defaults_of_codewalkers() -> None:
    """C1: order 0, retry count 0; a task is pending, executes, and is of medium priority."""
    given(Task).when(Task.create, title="Write the parser").becomes(
        status="pending", plan_order=0, retry_count=0, rejection_count=0, category="execute", priority="medium"
    )


def test_a_task_is_not_its_own_parent() -> None:
    given(Task).when(Task.create, title="Write the parser", id="tsk_1", parent_task_id="tsk_1").refused(InvalidInput)


def test_its_events_are_found_by_project_task_agent_run_session_and_parent() -> None:
    task = Task.fold("tsk_1", [TaskCreated(title="t", project_id="p", parent_task_id="tsk_0", rank="B")])
    assert task
    assert task.tags() == {
        "project": "p",
        "initiative": None,
        "phase": None,
        "task": "tsk_1",
        "agent": None,
        "run": None,
        "session": None,
        "parent": "tsk_0",
    }
    assert task.after(TaskAssigned(agent_id="ann", agent_run_id="r", session_id="s")).tags() == {
        "project": "p",
        "initiative": None,
        "phase": None,
        "task": "tsk_1",
        "agent": "ann",
        "run": "r",
        "session": "s",
        "parent": "tsk_0",
    }


# What it is about, in whatever state it is


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
class TestInEveryState:
    def test_its_details_change(self, life: tuple[Event, ...]) -> None:
        changed = TaskDetailsChanged(title="Write the lexer", priority="high")
        given(Task, *life).when(Task.change_details, title="Write the lexer", priority="high").then(changed)

    def test_details_that_are_so_already_are_left_out(self, life: tuple[Event, ...]) -> None:
        same = {"title": "Write the parser", "priority": "medium", "category": "execute"}
        given(Task, *life).when(Task.change_details, **same).then()
        given(Task, *life).when(Task.change_details, **same | {"category": "plan"}).then(
            TaskDetailsChanged(category="plan")
        )

    def test_its_labels_change(self, life: tuple[Event, ...]) -> None:
        labelled = TaskLabelsChanged(labels=("parser",))
        given(Task, *life).when(Task.change_labels, labels=["parser"]).then(labelled)
        given(Task, *life, labelled).when(Task.change_labels, labels=["parser"]).then()

    def test_its_metadata_changes(self, life: tuple[Event, ...]) -> None:
        changed = TaskMetadataChanged(metadata={"size": 3})
        given(Task, *life).when(Task.change_metadata, metadata={"size": 3}).then(changed)
        given(Task, *life, changed).when(Task.change_metadata, metadata={"size": 3}).then()

    def test_its_place_in_the_plan_changes(self, life: tuple[Event, ...]) -> None:
        reordered = TaskReordered(plan_order=4)
        given(Task, *life).when(Task.reorder, plan_order=4).then(reordered)
        given(Task, *life, reordered).when(Task.reorder, plan_order=4).then()

    def test_its_phase_changes(self, life: tuple[Event, ...]) -> None:
        moved = TaskMovedToPhase(phase_id="pha_2")
        given(Task, *life).when(Task.move_to_phase, phase_id="pha_2").then(moved)
        given(Task, *life, moved).when(Task.move_to_phase, phase_id="pha_2").then()
        given(Task, *life, moved).when(Task.move_to_phase, phase_id=None).then(TaskMovedToPhase(phase_id=None))

    def test_it_depends_on_another_and_no_more(self, life: tuple[Event, ...]) -> None:
        added = TaskDependencyAdded(depends_on_task_id="tsk_0")
        removed = TaskDependencyRemoved(depends_on_task_id="tsk_0")
        given(Task, *life).when(Task.add_dependency, depends_on_task_id="tsk_0").then(added)
        given(Task, *life, added).when(Task.add_dependency, depends_on_task_id="tsk_0").then()
        given(Task, *life, added).when(Task.remove_dependency, depends_on_task_id="tsk_0").then(removed)
        given(Task, *life).when(Task.remove_dependency, depends_on_task_id="tsk_0").then()

    def test_it_does_not_depend_on_itself(self, life: tuple[Event, ...]) -> None:
        """C4"""
        given(Task, *life, id="tsk_1").when(Task.add_dependency, depends_on_task_id="tsk_1").refused(DependencySelf)

    def test_it_is_deleted(self, life: tuple[Event, ...]) -> None:
        column = Task.fold("it", life).board_column  # type: ignore[union-attr]
        given(Task, *life).when(Task.delete).then(TaskDeleted(title="Write the parser", board_column=column))
        given(Task, *life).when(Task.delete).becomes(deleted=True)


def test_dependencies_keep_the_order_they_were_added_in() -> None:
    edges = [TaskDependencyAdded(depends_on_task_id=other) for other in ("c", "a", "b")]
    given(Task, past.created, *edges).when(Task.remove_dependency, depends_on_task_id="a").becomes(
        depends_on=("c", "b")
    )


# The queue


def test_a_ready_task_is_queued_with_what_it_depends_on() -> None:
    edge = TaskDependencyAdded(depends_on_task_id="tsk_0")
    given(Task, past.created, edge).when(Task.queue).then(TaskQueued(priority="medium", depends_on=("tsk_0",)))


def test_a_queued_task_is_still_pending_in_the_backlog() -> None:
    given(Task, past.created).when(Task.queue, anyway=True).becomes(
        queued=True, status="pending", board_column="backlog", state="queued"
    )


def test_a_queued_task_can_be_dequeued() -> None:
    given(Task, *LIVES["queued"]).when(Task.dequeue, reason="not yet").then(TaskDequeued(reason="not yet"))
    given(Task, *LIVES["queued"]).when(Task.dequeue).becomes(state="ready")


@pytest.mark.parametrize("state", sorted(set(LIVES) - {"queued"}))
def test_leaving_the_queue_that_it_is_not_in_changes_nothing(state: str) -> None:
    given(Task, *LIVES[state]).when(Task.dequeue).then()


# An agent takes it


def test_an_agent_takes_a_ready_task_and_starts() -> None:
    given(Task, past.created).when(
        Task.assign, agent_id="ann", agent_name="Ann", agent_run_id="run_1", branch="parser", rank="P"
    ).then(past.assigned, past.into_progress, TaskStarted())


def test_an_agent_takes_a_queued_task_out_of_the_queue() -> None:
    given(Task, *LIVES["queued"]).when(Task.assign, agent_id="ann").becomes(
        queued=False, status="in_progress", board_column="in_progress", agent_id="ann"
    )


def test_the_same_agent_taking_it_again_changes_nothing() -> None:
    given(Task, *past.working).when(Task.assign, agent_id="ann").then()
    given(Task, *past.working).when(Task.assign, agent_id="ann", agent_run_id="run_1").then()


def test_another_agent_or_another_run_is_refused() -> None:
    given(Task, *past.working).when(Task.assign, agent_id="bob").refused(TaskAlreadyAssigned, agent_id="ann")
    given(Task, *past.working).when(Task.assign, agent_id="ann", agent_run_id="run_2").refused(TaskAlreadyAssigned)


def test_a_task_that_waits_for_another_is_not_started() -> None:
    given(Task, *LIVES["waiting"]).when(Task.assign, agent_id="ann").refused(TaskBlockedByDependency)


# Its work


def test_finished_work_waits_for_approval_with_its_diff() -> None:
    given(Task, *past.working).when(
        Task.finish_work,
        turn_count=3,
        summary="It parses.",
        diff_summary="+1 -0",
        files_changed=1,
        lines_added=1,
        lines_removed=0,
        rank="W",
    ).then(past.finished, past.review_requested, past.into_review)


def test_where_no_approval_is_asked_for_finished_work_is_done() -> None:
    given(Task, *past.working).when(
        Task.finish_work, turn_count=3, summary="It parses.", approval="none", rank="Z"
    ).then(
        past.finished,
        past.completed,
        TaskMoved(from_column="in_progress", board_column="verified", rank="Z", previous_rank="P"),
    )


@pytest.mark.parametrize("diff", [{}, {"diff_summary": ""}, {"files_changed": 0}, {"lines_added": 3}])
def test_finished_work_without_a_diff_is_refused_and_stays_in_progress(diff: dict[str, Any]) -> None:
    given(Task, *past.working).when(Task.finish_work, turn_count=3, **diff).refused(TaskNoDiff)


@pytest.mark.parametrize("diff", [{"diff_summary": "+1"}, {"files_changed": 1}])
def test_a_summary_or_changed_files_make_a_diff(diff: dict[str, Any]) -> None:
    given(Task, *past.working).when(Task.finish_work, turn_count=1, **diff).becomes(state="in_review")


# Its review


def test_approved_work_is_done_with_its_summary() -> None:
    given(Task, *past.in_review).when(Task.approve, approved_by="Ann", rank="Z").then(
        past.approved, past.completed, past.into_verified
    )


def test_the_reviewer_may_say_more_and_the_merge_is_named() -> None:
    outcome = given(Task, *past.in_review).when(Task.approve, feedback="Fine.", merge_sha="abc")
    assert outcome.events[0] == TaskApproved(feedback="Fine.", merge_sha="abc")


def test_work_without_a_diff_is_not_approved() -> None:
    """A7: TASK_NO_DIFF. Only an import can bring such a task into review."""
    imported = TaskMoved(from_column="backlog", board_column="waiting_approval", rank="W", previous_rank="B")
    life = (past.created, TaskStarted(), TaskApprovalRequested(), imported)
    given(Task, *life).when(Task.approve).refused(TaskNoDiff)


def test_a_branch_does_for_a_diff() -> None:
    """domain.md 2.1: diff or branch."""
    assigned = TaskAssigned(agent_id="ann", branch="parser")
    imported = TaskMoved(from_column="backlog", board_column="waiting_approval", rank="W", previous_rank="B")
    given(Task, past.created, assigned, TaskStarted(), imported).when(Task.approve).becomes(state="done")


def test_work_is_approved_once() -> None:
    """A7: TASK_ALREADY_APPROVED."""
    given(Task, *LIVES["done"]).when(Task.approve).refused(TaskAlreadyApproved)


@pytest.mark.parametrize("state", sorted(set(LIVES) - {"in_review", "done"}))
def test_only_what_is_in_review_is_approved(state: str) -> None:
    """A7: TASK_NOT_WAITING_APPROVAL; and a drag that means it: TASK_INVALID_TRANSITION."""
    given(Task, *LIVES[state]).when(Task.approve).refused(TaskNotWaitingApproval)
    given(Task, *LIVES[state]).when(Task.move, board_column="verified").refused(TaskInvalidTransition)


def test_the_codes_of_approval_are_those_of_the_catalogue() -> None:
    """A7"""
    refusals = (TaskNoDiff, TaskAlreadyApproved, TaskNotWaitingApproval, TaskInvalidTransition)
    assert [refusal.code for refusal in refusals] == [
        "TASK_NO_DIFF",
        "TASK_ALREADY_APPROVED",
        "TASK_NOT_WAITING_APPROVAL",
        "TASK_INVALID_TRANSITION",
    ]


def test_rejected_work_goes_back_to_its_agent_without_the_diff() -> None:
    """A8"""
    back = TaskMoved(from_column="waiting_approval", board_column="in_progress", rank="Q", previous_rank="W")
    outcome = given(Task, *past.in_review).when(Task.reject, reason="No tests.", feedback="Add some.", rank="Q")
    outcome.then(TaskRejected(reason="No tests.", feedback="Add some.", rejection_count=1), back)
    outcome.becomes(
        state="working", agent_id="ann", diff_summary=None, files_changed=None, rejection_count=1, branch="parser"
    )


def test_every_rejection_counts_until_one_approval() -> None:
    """A8"""
    task = Task.fold("it", past.in_review)
    for count in (1, 2, 3):
        assert task
        task = Task.fold("it", task.reject(reason="No tests."), task)
        assert task
        assert task.rejection_count == count
        task = Task.fold("it", task.finish_work(turn_count=1, files_changed=1), task)
    assert task
    task = Task.fold("it", task.approve(), task)
    assert task
    assert task.rejection_count == 0


# Stopping and starting again


def test_cancelled_work_goes_back_to_the_backlog_without_its_agent() -> None:
    outcome = given(Task, *past.working).when(Task.cancel, reason="Not now.", rank="C")
    outcome.then(TaskCancelled(reason="Not now.", to="backlog", status="pending"), unassigned("cancelled"), to_backlog)
    outcome.becomes(state="ready", agent_id=None, agent_run_id=None, session_id=None, branch=None)


def test_cancelling_what_is_in_review_clears_the_diff() -> None:
    given(Task, *past.in_review).when(Task.cancel).becomes(state="ready", diff_summary=None, files_changed=None)


def test_cancelled_work_may_be_dropped() -> None:
    outcome = given(Task, *past.working).when(Task.cancel, to="dropped", rank="C")
    outcome.then(TaskCancelled(to="dropped", status="cancelled"), unassigned("cancelled"), to_backlog)
    outcome.becomes(state="dropped")


def test_a_queued_task_that_is_cancelled_leaves_the_queue() -> None:
    given(Task, *LIVES["queued"]).when(Task.cancel).then(TaskCancelled(to="backlog", status="pending"))
    given(Task, *LIVES["queued"]).when(Task.cancel).becomes(queued=False, state="ready")


def test_work_is_blocked_and_goes_on() -> None:
    blocked = TaskBlocked(reason="merge_conflict", detail="README.md")
    given(Task, *past.working).when(Task.block, reason="merge_conflict", detail="README.md").then(blocked)
    given(Task, *past.working, blocked).when(Task.block, reason="merge_conflict").then()
    given(Task, *past.working, blocked).when(Task.unblock, cause="user").then(
        TaskUnblocked(cause="user", status="in_progress")
    )
    given(Task, *past.working, blocked).when(Task.unblock).becomes(state="working", blocked_reason=None)


def test_a_task_in_the_backlog_waits_for_a_dependency_and_for_nothing_else() -> None:
    for state in ("ready", "queued"):
        given(Task, *LIVES[state]).when(Task.block, reason="dependency").becomes(state="waiting", queued=False)
        given(Task, *LIVES[state]).when(Task.block, reason="manual").refused(TaskInvalidTransition)


def test_when_its_dependencies_are_done_it_is_ready() -> None:
    given(Task, *LIVES["waiting"]).when(Task.unblock, cause="dependency").then(
        TaskUnblocked(cause="dependency", status="pending")
    )


def test_after_a_crash_it_is_queued_again_without_its_agent() -> None:
    """C16"""
    outcome = given(Task, *past.working).when(Task.schedule_retry, run_id="run_1", rank="C")
    outcome.then(
        TaskRetryScheduled(retry_count=1, run_id="run_1"),
        unassigned("retry"),
        to_backlog,
        TaskQueued(priority="medium", anyway=True),
    )
    outcome.becomes(state="queued", retry_count=1, agent_id=None)


def test_a_crash_that_is_reported_twice_is_answered_once() -> None:
    once = given(Task, *past.working).when(Task.schedule_retry, run_id="run_1").events
    given(Task, *past.working, *once).when(Task.schedule_retry, run_id="run_1").then()
    again = (past.assigned.model_copy(update={"agent_run_id": "run_2"}), past.into_progress, TaskStarted())
    given(Task, *past.working, *once, *again).when(Task.schedule_retry, run_id="run_1").then()


def test_a_crash_of_a_run_that_was_resumed_is_another_one() -> None:
    once = given(Task, *past.working).when(Task.schedule_retry, run_id="run_1").events
    again = (past.assigned, past.into_progress, TaskStarted())
    given(Task, *past.working, *once, *again).when(Task.schedule_retry, run_id="run_1").becomes(retry_count=2)


def crashed(times: int) -> Task:
    """A task at work whose agent has crashed that often before."""
    task = Task.fold("it", past.working)
    for n in range(times):
        assert task
        task = Task.fold("it", task.schedule_retry(run_id=f"run_{n}"), task)
        assert task
        task = Task.fold("it", task.assign(agent_id="ann"), task)
    assert task
    return task


def test_retries_stop_at_three() -> None:
    """C16: +1 on each crash, and then it waits for somebody."""
    assert [crashed(times).retry_count for times in range(RETRIES + 1)] == [0, 1, 2, 3]
    last = crashed(RETRIES)
    assert last.schedule_retry(run_id="run_9") == [TaskRetriesExhausted(retry_count=3, run_id="run_9")]
    stuck = Task.fold("it", last.schedule_retry(run_id="run_9"), last)
    assert stuck
    assert (stuck.state, stuck.blocked_reason, stuck.board_column) == ("stuck", "retries_exhausted", "in_progress")
    assert stuck.schedule_retry(run_id="run_9") == []


def test_a_manual_retry_counts_from_nought() -> None:
    """C16"""
    last = crashed(RETRIES)
    stuck = Task.fold("it", last.schedule_retry(run_id="run_9"), last)
    assert stuck
    assert stuck.retry(rank="C") == [
        TaskRetriedManually(),
        unassigned("retry"),
        TaskMoved(from_column="in_progress", board_column="backlog", rank="C", previous_rank=stuck.rank),
        TaskQueued(priority="medium"),
    ]
    again = Task.fold("it", stuck.retry(), stuck)
    assert again
    assert (again.state, again.retry_count, again.blocked_reason, again.agent_id) == ("queued", 0, None, None)
    assert again.retry() == []


def test_a_waiting_task_is_tried_where_it_stands() -> None:
    given(Task, *LIVES["waiting"]).when(Task.retry, anyway=True).then(
        TaskRetriedManually(), TaskQueued(priority="medium", anyway=True)
    )


def test_a_done_task_is_reopened_as_if_nobody_had_had_it() -> None:
    outcome = given(Task, *LIVES["done"]).when(Task.reopen, reason="It does not parse.", rank="C")
    outcome.then(
        TaskReopened(reason="It does not parse."),
        unassigned("reopened"),
        TaskMoved(from_column="verified", board_column="backlog", rank="C", previous_rank="Z"),
    )
    outcome.becomes(state="ready", agent_id=None, diff_summary=None)


def test_a_dropped_task_is_reopened_where_it_stands() -> None:
    given(Task, *LIVES["dropped"]).when(Task.reopen, reason="After all.").then(
        TaskReopened(reason="After all.", was_dropped=True)
    )


# Limits (A2: at, below and above; A1: every value and no other)

OK = "x"
Arguments = dict[str, Any]

LIMITS: list[tuple[Callable[..., Any], str, Arguments, Callable[[int], Any], int, int]] = [
    (Task.create, "title", {}, lambda n: OK * n, 1, 200),
    (Task.create, "description", {"title": OK}, lambda n: OK * n, 0, 5000),
    (Task.create, "labels", {"title": OK}, lambda n: [OK] * n, 0, 10),
    (Task.create, "rank", {"title": OK}, lambda n: OK * n, 1, 64),
    (Task.change_details, "title", {}, lambda n: OK * n, 1, 200),
    (Task.change_details, "description", {}, lambda n: OK * n, 0, 5000),
    (Task.change_labels, "labels", {}, lambda n: [OK] * n, 0, 10),
    (Task.assign, "branch", {"agent_id": "ann"}, lambda n: OK * n, 1, 100),
    (Task.finish_work, "summary", {"turn_count": 1, "files_changed": 1}, lambda n: OK * n, 0, 100_000),
    (Task.approve, "feedback", {}, lambda n: OK * n, 0, 1000),
    (Task.reject, "reason", {}, lambda n: OK * n, 1, 1000),
    (Task.reject, "feedback", {"reason": OK}, lambda n: OK * n, 0, 5000),
    (Task.cancel, "reason", {}, lambda n: OK * n, 0, 500),
    (Task.reopen, "reason", {}, lambda n: OK * n, 1, 1000),
]
STATE_FOR = {"approve": "in_review", "reject": "in_review", "finish_work": "working", "reopen": "done"}


@pytest.mark.parametrize(("command", "field", "rest", "make", "least", "most"), LIMITS)
def test_limits_hold_at_and_refuse_beyond(
    command: Callable[..., Any], field: str, rest: Arguments, make: Callable[[int], Any], least: int, most: int
) -> None:
    """A2"""
    name = command.__name__
    life = () if name == "create" else LIVES[STATE_FOR.get(name, "ready")]
    for size in {least, most}:
        assert isinstance(given(Task, *life).when(command, **rest, **{field: make(size)}).events, list)
    for size in {max(least - 1, 0), most + 1} - {least}:
        given(Task, *life).when(command, **rest, **{field: make(size)}).refused(InvalidInput)


@pytest.mark.parametrize("field", ["files_changed", "lines_added", "lines_removed"])
def test_counts_of_a_diff_are_not_negative(field: str) -> None:
    finish: Arguments = {"turn_count": 1, "diff_summary": OK}
    given(Task, *past.working).when(Task.finish_work, **finish, **{field: 0}).becomes(state="in_review")
    given(Task, *past.working).when(Task.finish_work, **finish, **{field: -1}).refused(InvalidInput)


def test_work_takes_a_turn_at_least_or_has_none() -> None:
    """An orchestrator without turns does not make one up."""
    given(Task, *past.working).when(Task.finish_work, turn_count=1, files_changed=1).becomes(state="in_review")
    given(Task, *past.working).when(Task.finish_work, turn_count=0, files_changed=1).refused(InvalidInput)
    given(Task, *past.working).when(Task.finish_work, files_changed=1).becomes(state="in_review")


@pytest.mark.parametrize(
    ("state", "command", "field", "values", "rest"),
    [
        ("ready", Task.change_details, "priority", ["low", "medium", "high"], {}),
        (
            "ready",
            Task.change_details,
            "category",
            ["execute", "research", "discuss", "plan", "detail", "refine", "verify", "merge", "review"],
            {},
        ),
        (
            "working",
            Task.block,
            "reason",
            ["dependency", "spawn_failure", "merge_conflict", "retries_exhausted", "manual"],
            {},
        ),
        ("working", Task.cancel, "to", ["backlog", "dropped"], {}),
        ("working", Task.finish_work, "approval", ["required", "none"], {"turn_count": 1, "files_changed": 1}),
    ],
)
def test_every_value_is_accepted_and_no_other(
    state: str, command: Callable[..., Any], field: str, values: list[str], rest: Arguments
) -> None:
    """A1"""
    for value in values:
        assert isinstance(given(Task, *LIVES[state]).when(command, **rest, **{field: value}).events, list)
    for value in ("", "urgent", values[0].upper(), 3):
        given(Task, *LIVES[state]).when(command, **rest, **{field: value}).refused(InvalidInput)


def test_the_only_type_is_auto() -> None:
    """A1"""
    given(Task).when(Task.create, title=OK, type="auto", rank="B").then(TaskCreated(title=OK, rank="B"))
    given(Task).when(Task.create, title=OK, type="manual").refused(InvalidInput)


@pytest.mark.parametrize("rank", ["", "a b", "a-b", "é", "a0", "0"])
def test_a_rank_is_digits_that_do_not_end_in_nought(rank: str) -> None:
    given(Task).when(Task.create, title=OK, rank=rank).refused(InvalidInput)


@pytest.mark.parametrize("branch", ["", "a b", "a..b", "a~1"])
def test_a_branch_is_spelled_with_what_agentpane_allows(branch: str) -> None:
    given(Task, past.created).when(Task.assign, agent_id="ann", branch=branch).refused(InvalidInput)


@pytest.mark.parametrize(
    "id",
    [
        *("", "x" * 201, ".", "..", " a", "a ", "a\n", "\ta", "a\u00a0", "\u3000"),
        *("a\x00b", "a\x1bb", "a\x7fb", "a\x9bb", "a\u2028b", "a\u202eb", "a\u2066b", "a\u200fb", "a\ud800b"),
    ],
)
def test_an_id_can_be_named_in_a_url_and_hides_nothing(id: str) -> None:
    given(Task).when(Task.create, title=OK, id=id).refused(InvalidInput)
    given(Task, past.created).when(Task.assign, agent_id=id).refused(InvalidInput)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), [{"deep": float("-inf")}], 2**64])
def test_metadata_is_what_json_can_hold(value: Any) -> None:
    """Infinity would come back as null, in silence."""
    with pytest.raises(Refused):
        encode(Task.create(title=OK, metadata={"value": value}).events[0])


def test_limits_do_not_bind_what_is_imported() -> None:
    """domain.md 5.1"""
    imported = TaskCreated(title="x" * 1000, labels=tuple("abcdefghijklmn"), category="chore", rank="B")
    assert Task.fold("it", [TaskCreated.load(imported.payload(), 1)]) == Task.fold("it", [imported])


def test_work_finished_says_what_came_of_it() -> None:
    """C17: what is told to dependents is kept with the task, and told again when it is done."""
    given(Task, *past.working, TaskWorkFinished(summary="It parses.", turn_count=3)).when(
        Task.change_labels, labels=()
    ).becomes(summary="It parses.")
    assert TaskCompleted(summary="It parses.") in given(Task, *past.in_review).when(Task.approve).events
