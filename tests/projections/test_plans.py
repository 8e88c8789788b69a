"""Plans in read tables: initiatives, phases, comments and tasks, what is found of them, and what goes with what is
deleted, on each store and in any batch size."""

from collections.abc import Callable
from typing import Any

import pytest

from support.golden_events import append, happened
from support.rows import references_point_to_rows, rows_of
from workledger import Workledger
from workledger.domain.agent import Agent
from workledger.domain.agent_run import AgentRun
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.unit import Unit
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.review_comment import ReviewComment
from workledger.domain.services.runs import start_run
from workledger.domain.task import Task
from workledger.domain.tool_calls import ToolCalls
from workledger.projections import initiatives, phase_dependencies, phases, review_comments, tasks
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.verify import verify
from workledger.projections.groups import GROUPS

STORES = ("memory", "sqlite", "postgres")

Command = Callable[[Any], object]
Ids = set[object]


@pytest.fixture(params=[1, 5000], ids=lambda batch: f"batch-{batch}")
def batch(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


def tell(ledger: Workledger, kind: Any, id: str, *commands: Command) -> None:
    with ledger.edit(kind, id) as one:
        for command in commands:
            command(one)


def link(*project_ids: str) -> Command:
    return lambda initiative: initiative.set_projects(project_ids=project_ids)


def wait_for(phase_id: str) -> Command:
    return lambda phase: phase.add_dependency(depends_on_phase_id=phase_id)


def delete(one: Any) -> None:
    one.delete()


def start(phase: Any) -> None:
    phase.approve()
    phase.start()


@pytest.fixture
def plan(ledger: Workledger) -> Workledger:
    """Two initiatives `i` and `j` in two projects: `a_i` before `b_i`, each with tasks and comments, a run on one."""
    with ledger.unit() as unit:
        for id in ("p", "q"):
            unit.create(Project.create(id=id, name=id))
        for side in ("i", "j"):
            unit.create(Initiative.create(id=side, name=side, project_ids=("p", "q"), execution_mode="yolo"))
            unit.create(Agent.create(id=f"ann_{side}", name=f"Ann {side}", project_id="p"))
            unit.create(Task.create(id=f"goal_{side}", title="Goal", initiative_id=side))
            for phase in (f"a_{side}", f"b_{side}"):
                begin_phase(unit, phase, side)
            unit.edit(Phase, f"b_{side}").add_dependency(depends_on_phase_id=f"a_{side}")
            unit.edit(Task, f"b_{side}_1").add_dependency(depends_on_task_id=f"a_{side}_1")
            start_run(unit, id=f"run_{side}", agent_id=f"ann_{side}", task_id=f"a_{side}_2", initiative_id=side)
            unit.edit(ToolCalls, f"run_{side}").start(tool="Bash", turn_number=1, tool_call_id="c")
            unit.edit(AgentRun, f"run_{side}").fail(cause="execution_error", error="Boom.")
    return ledger


def begin_phase(unit: Unit, id: str, initiative_id: str) -> None:
    """A phase with two tasks, one of them with a subtask, and with a comment and an answer to it."""
    unit.create(Phase.create(id=id, initiative_id=initiative_id, name=id, content=f"About {id}"))
    for number in (2, 1):
        place: Any = {"phase_id": id, "plan_order": number, "project_id": "p"}
        unit.create(Task.create(id=f"{id}_{number}", title="T", **place))
    unit.create(Task.create(id=f"{id}_sub", title="Sub", parent_task_id=f"{id}_1"))
    line: Any = {"phase_id": id, "file_path": "x.py", "line_number": 1, "line_type": "added", "body": "Why?"}
    unit.create(ReviewComment.create(id=f"c1_{id}", **line))
    unit.create(ReviewComment.create(id=f"c2_{id}", parent_comment_id=f"c1_{id}", **line))


def gone(ledger: Workledger, batch: int, kind: Any, id: str) -> None:
    tell(ledger, kind, id, delete)
    seen(ledger, batch)


def seen(ledger: Workledger, batch: int = 5000) -> None:
    """The tables show all that happened, are what a rebuild makes of it, and point to nothing that is gone."""
    Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()
    for group in GROUPS[:2]:
        assert verify(ledger.store, ledger.tables, group).differences == []
    references_point_to_rows(ledger)


def ids(ledger: Workledger, name: str, column: str = "id") -> Ids:
    return {row[column] for row in rows_of(ledger, name)}


class TestDeletes:
    """domain.md 3.5, chains included."""

    def test_an_initiative_takes_all_that_is_planned_in_it(self, plan: Workledger, batch: int) -> None:
        gone(plan, batch, Initiative, "i")
        assert ids(plan, "initiatives") == {"j"}
        assert ids(plan, "initiative_projects", "initiative_id") == {"j"}
        assert ids(plan, "phases") == {"a_j", "b_j"}
        assert ids(plan, "phase_dependencies", "phase_id") == {"b_j"}
        assert ids(plan, "review_comments", "phase_id") == {"a_j", "b_j"}
        assert {id for id in ids(plan, "tasks") if "_i" in str(id)} == set()
        assert len(ids(plan, "tasks")) == 7
        assert ids(plan, "task_dependencies", "task_id") == {"b_j_1"}
        assert ids(plan, "agents", "initiative_id") == ids(plan, "agent_runs", "initiative_id") == {None, "j"}
        assert ids(plan, "agent_runs", "task_id") == ids(plan, "tool_calls", "task_id") == {None, "a_j_2"}
        assert ids(plan, "projects") == {"p", "q"}

    def test_a_phase_takes_its_edges_at_both_ends_its_tasks_and_its_comments(
        self, plan: Workledger, batch: int
    ) -> None:
        """C5."""
        gone(plan, batch, Phase, "a_i")
        assert ids(plan, "phases") == {"b_i", "a_j", "b_j"}
        assert ids(plan, "phase_dependencies", "phase_id") == {"b_j"}
        assert ids(plan, "review_comments", "phase_id") == {"b_i", "a_j", "b_j"}
        assert {id for id in ids(plan, "tasks") if "_i" in str(id)} == {"goal_i", "b_i_1", "b_i_2", "b_i_sub"}
        assert ids(plan, "task_dependencies", "task_id") == {"b_j_1"}
        assert ids(plan, "agent_runs", "task_id") == ids(plan, "tool_calls", "task_id") == {None, "a_j_2"}
        assert ids(plan, "agents", "initiative_id") == {"i", "j"}

    def test_a_task_takes_its_subtasks_out_of_the_phase(self, plan: Workledger, batch: int) -> None:
        """C6."""
        gone(plan, batch, Task, "a_i_1")
        assert [row["id"] for row in tasks.of_phase(plan.tables, "a_i")] == ["a_i_2"]
        assert "a_i_sub" not in ids(plan, "tasks")

    def test_a_project_takes_its_links_and_its_tasks_and_leaves_the_plan(self, plan: Workledger, batch: int) -> None:
        gone(plan, batch, Project, "p")
        assert ids(plan, "initiative_projects", "project_id") == {"q"}
        assert ids(plan, "tasks") == {"goal_i", "goal_j"}
        assert len(ids(plan, "phases")) == 4

    def test_a_comment_takes_the_answers_to_it(self, plan: Workledger, batch: int) -> None:
        gone(plan, batch, ReviewComment, "c1_a_i")
        assert {row["id"] for row in review_comments.of_phase(plan.tables, "a_i")} == set()
        assert len(ids(plan, "review_comments")) == 6


class TestLinks:
    """C8, X3."""

    def test_those_that_stay_keep_their_date(self, plan: Workledger) -> None:
        plan.create(Project.create(id="r", name="r"))
        plan.catch_up()
        before = {row["id"]: row["linked_at"] for row in initiatives.projects_of(plan.tables, "i")}
        head = plan.head()
        tell(plan, Initiative, "i", link("q", "p"))
        assert plan.head() == head
        tell(plan, Initiative, "i", link("q", "r"))
        seen(plan)
        after = {row["id"]: row["linked_at"] for row in initiatives.projects_of(plan.tables, "i")}
        assert (after.keys(), after["q"]) == ({"q", "r"}, before["q"])
        assert after["r"] > before["q"]

    def test_one_that_was_unlinked_and_linked_again_has_a_new_date(self, plan: Workledger) -> None:
        plan.catch_up()
        [before] = [row["linked_at"] for row in initiatives.projects_of(plan.tables, "i") if row["id"] == "p"]
        tell(plan, Initiative, "i", link("q"), link("p", "q"))
        seen(plan)
        [after] = [row["linked_at"] for row in initiatives.projects_of(plan.tables, "i") if row["id"] == "p"]
        assert after > before

    def test_they_are_found_from_both_ends(self, plan: Workledger) -> None:
        tell(plan, Initiative, "j", link("q"))
        plan.catch_up()
        assert [row["id"] for row in initiatives.projects_of(plan.tables, "i")] == ["p", "q"]
        assert [row["id"] for row in initiatives.of_project(plan.tables, "p")] == ["i"]
        assert [row["id"] for row in initiatives.of_project(plan.tables, "q")] == ["i", "j"]


class TestQueries:
    """The methods of Codewalkers' ports."""

    def test_initiatives_are_found_by_status_oldest_first(self, plan: Workledger) -> None:
        plan.create(Initiative.create(id="h", name="Later"))
        tell(plan, Initiative, "j", lambda initiative: initiative.archive())
        plan.catch_up()
        assert [row["id"] for row in initiatives.by_status(plan.tables, "active")] == ["i", "h"]
        assert [row["id"] for row in initiatives.by_status(plan.tables, "archived")] == ["j"]
        assert {row["id"] for row in initiatives.find_all(plan.tables)} == {"h", "i", "j"}

    def test_phases_are_found_by_initiative_oldest_first_with_their_progress(self, plan: Workledger) -> None:
        tell(plan, Task, "a_i_2", lambda task: task.cancel(to="dropped"))
        plan.catch_up()
        a, b = phases.of_initiative(plan.tables, "i")
        assert (a["id"], a["unmet_dependencies"], a["tasks"], a["tasks_done"]) == ("a_i", 0, 1, 0)
        assert (b["id"], b["unmet_dependencies"], b["tasks"], b["tasks_done"]) == ("b_i", 1, 2, 0)
        assert phases.counts(plan.tables, "i") == {"pending": 2}
        assert phases.task_counts(plan.tables, "a_i") == {"pending": 1, "cancelled": 1}

    def test_dependencies_are_found_both_ways(self, plan: Workledger) -> None:
        """C4."""
        plan.catch_up()
        assert phase_dependencies.dependencies(plan.tables, "b_i") == ["a_i"]
        assert phase_dependencies.dependents(plan.tables, "a_i") == ["b_i"]
        assert phase_dependencies.dependents(plan.tables, "b_i") == []
        tell(plan, Phase, "b_i", lambda phase: phase.remove_dependency(depends_on_phase_id="a_i"))
        plan.catch_up()
        assert phase_dependencies.dependencies(plan.tables, "b_i") == []

    def test_tasks_are_found_by_phase_in_the_order_of_the_plan_and_by_parent(self, plan: Workledger) -> None:
        plan.catch_up()
        assert [row["id"] for row in tasks.of_phase(plan.tables, "a_i")] == ["a_i_1", "a_i_2"]
        assert [row["id"] for row in tasks.of_parent(plan.tables, "a_i_1")] == ["a_i_sub"]
        assert len(tasks.of_initiative(plan.tables, "i")) == 5
        assert tasks.counts_in(plan.tables, phase_id="a_i")["backlog"] == 1

    def test_comments_are_found_by_phase_oldest_first_and_resolved_ones_say_so(self, plan: Workledger) -> None:
        """C20."""
        tell(plan, ReviewComment, "c1_a_i", lambda comment: comment.resolve(by="ann"))
        plan.catch_up()
        found = review_comments.of_phase(plan.tables, "a_i")
        assert [(row["id"], row["resolved"]) for row in found] == [("c1_a_i", True), ("c2_a_i", False)]
        assert review_comments.open_on(plan.tables, "a_i") == 0
        tell(plan, ReviewComment, "c1_a_i", lambda comment: comment.unresolve())
        plan.catch_up()
        assert review_comments.open_on(plan.tables, "a_i") == 1, "an answer is with what it answers"


class TestRows:
    """What the rows show of a life."""

    def test_the_merge_base_of_a_completed_phase_is_kept(self, plan: Workledger) -> None:
        """C22: its diff can be made again after the merge."""
        plan.create(Phase.create(id="done", initiative_id="i", name="Done"))
        tell(plan, Phase, "done", start, lambda phase: phase.merge(merge_base="c0ffee", merge_sha="beef"))
        seen(plan)
        row = phases.get(plan.tables, "done")
        assert row
        assert (row["status"], row["merge_base"], row["merge_sha"]) == ("completed", "c0ffee", "beef")
        assert row["completed_at"]
        tell(plan, Phase, "done", lambda phase: phase.reopen())
        seen(plan)
        row = phases.get(plan.tables, "done")
        assert row
        assert (row["status"], row["merge_base"], row["completed_at"]) == ("in_progress", "c0ffee", None)

    def test_a_phase_shows_its_content_its_queue_and_what_blocks_it(self, plan: Workledger) -> None:
        tell(plan, Phase, "a_i", lambda phase: phase.approve(), lambda phase: phase.queue())
        plan.catch_up()
        row = phases.get(plan.tables, "a_i")
        assert row
        assert (row["content"], row["status"], row["queued"]) == ("About a_i", "approved", True)
        tell(plan, Phase, "a_i", lambda phase: phase.block(reason="It rains."))
        tell(plan, Phase, "a_i", lambda phase: phase.change_content(content="New"))
        plan.catch_up()
        row = phases.get(plan.tables, "a_i")
        assert row
        assert (row["status"], row["queued"], row["blocked_reason"]) == ("blocked", False, "It rains.")
        tell(plan, Phase, "a_i", lambda phase: phase.unblock())
        seen(plan)
        row = phases.get(plan.tables, "a_i")
        assert row
        assert (row["status"], row["queued"], row["blocked_reason"]) == ("approved", True, None)
        assert row["content"] == "New"

    def test_an_initiative_that_is_reopened_was_not_completed(self, plan: Workledger) -> None:
        plan.create(Initiative.create(id="h", name="Short", branch="cw/short"))
        tell(plan, Initiative, "h", lambda initiative: initiative.complete())
        plan.catch_up()
        row = initiatives.get(plan.tables, "h")
        assert row
        assert (row["status"], row["branch"], row["completed_at"] is None) == ("completed", "cw/short", False)
        tell(plan, Initiative, "h", lambda initiative: initiative.reopen())
        seen(plan)
        row = initiatives.get(plan.tables, "h")
        assert row
        assert (row["status"], row["completed_at"]) == ("active", None)

    def test_a_task_shows_the_initiative_that_it_came_into(self, plan: Workledger) -> None:
        plan.create(Task.create(id="free", title="Free"))
        tell(plan, Task, "free", lambda task: task.move_to_phase(phase_id="a_j"))
        tell(plan, Task, "free", lambda task: task.move_to_phase(phase_id=None))
        seen(plan)
        row = tasks.get(plan.tables, "free")
        assert row
        assert (row["initiative_id"], row["phase_id"]) == ("j", None)

    def test_a_task_of_an_older_ledger_keeps_its_labels(self, ledger: Workledger) -> None:
        """No rule of today is asked of what was recorded before: it is folded, and stays when it is edited."""
        older(ledger, phase_id="label", initiative_id="goal")
        append(ledger, happened("task.moved_to_phase", "old", {"task": "old"}, only=True, phase_id="other"))
        tell(ledger, Task, "old", lambda task: task.change_details(title="New"))
        ledger.catch_up()
        row = tasks.get(ledger.tables, "old")
        assert row
        assert (row["title"], row["phase_id"], row["initiative_id"]) == ("New", "other", "goal")
        assert verify(ledger.store, ledger.tables, GROUPS[0]).differences == []

    @pytest.mark.parametrize("label", ["phase_id", "initiative_id"])
    def test_the_row_of_one_goes_with_what_came_to_have_its_label(self, ledger: Workledger, label: str) -> None:
        older(ledger, **{label: "late"})
        ledger.create(Initiative.create(id="late", name="Late"))
        ledger.create(Phase.create(id="late", initiative_id="late", name="Late"))
        tell(ledger, {"phase_id": Phase, "initiative_id": Initiative}[label], "late", delete)
        seen(ledger)
        assert tasks.get(ledger.tables, "old") is None


def older(ledger: Workledger, **labels: str) -> None:
    """A task that was recorded when phases and initiatives were labels only."""
    place = dict.fromkeys(("phase_id", "initiative_id", "project_id", "parent_task_id")) | labels
    append(ledger, happened("task.created", "old", {"task": "old"}, title="Old", rank="M", **place))
