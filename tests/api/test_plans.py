"""Plans over HTTP: initiatives, phases, review comments, and the tasks in them (Codewalkers)."""

from types import ModuleType
from typing import Any

import pytest

from support import initiative_states, phase_states, review_comment_states
from support.http_client import Doors
from workledger import Workledger
from workledger.api import initiatives, phases, review_comments, tasks
from workledger.api.web.listing import Listing
from workledger.domain.initiative import Initiative
from workledger.domain.kernel.aggregate import Aggregate
from workledger.domain.phase import Phase
from workledger.domain.project import Project
from workledger.domain.review_comment import ReviewComment
from workledger.domain.task import Task

KINDS: dict[str, tuple[type[Aggregate], ModuleType]] = {
    "initiatives": (Initiative, initiative_states),
    "phases": (Phase, phase_states),
    "review-comments": (ReviewComment, review_comment_states),
}

LISTINGS: dict[str, Listing] = {
    "initiatives": initiatives.INITIATIVES,
    "phases": phases.PHASES,
    "review-comments": review_comments.REVIEW_COMMENTS,
}

EXPECTED: dict[str, dict[str, list[tuple[Any, set[str]]]]] = {
    "initiatives": {
        "status": [("active", {"ini_1"}), ("archived", {"ini_2"}), ("completed", set())],
        "project_id": [("prj_1", {"ini_1", "ini_2"}), ("prj_2", {"ini_1"}), ("prj_9", set())],
        "execution_mode": [("yolo", {"ini_2"}), ("review_per_phase", {"ini_1"})],
        "search": [("SIGN", {"ini_1", "ini_2"}), ("cw/out", {"ini_2"}), ("%", set())],
    },
    "phases": {
        "initiative_id": [("ini_1", {"pha_1", "pha_2"}), ("ini_2", {"pha_3"}), ("ini_9", set())],
        "status": [("approved", {"pha_1"}), ("pending", {"pha_2"}), ("in_progress", {"pha_3"}), ("blocked", set())],
        "queued": [(True, {"pha_1"}), (False, {"pha_2", "pha_3"})],
        "search": [("pars", {"pha_1"}), ("nothing", set())],
    },
    "review-comments": {
        "phase_id": [("pha_1", {"rvc_1", "rvc_2"}), ("pha_2", {"rvc_3"})],
        "resolved": [(True, {"rvc_1"}), (False, {"rvc_2", "rvc_3"})],
        "file_path": [("a.py", {"rvc_2"}), ("b.py", {"rvc_1", "rvc_3"})],
        "author": [("you", {"rvc_2", "rvc_3"}), ("ann", {"rvc_1"})],
        "parent_comment_id": [("rvc_1", {"rvc_2"})],
        "search": [("WHY", {"rvc_1"}), ("a.py", {"rvc_2"})],
    },
}


def world(ledger: Workledger) -> None:
    """Two initiatives with three phases, two tasks and three comments."""
    line: dict[str, Any] = {"line_type": "added", "body": "Name it."}
    with ledger.unit() as unit:
        for id in ("prj_1", "prj_2"):
            unit.create(Project.create(id=id, name=id))
        unit.create(Initiative.create(id="ini_1", name="Sign in", project_ids=("prj_1", "prj_2")))
        unit.create(
            Initiative.create(
                id="ini_2", name="Sign out", execution_mode="yolo", branch="cw/out", project_ids=("prj_1",)
            )
        )
        for id, initiative_id, name in (
            ("pha_1", "ini_1", "Parser"),
            ("pha_2", "ini_1", "Lexer"),
            ("pha_3", "ini_2", "UI"),
        ):
            unit.create(Phase.create(id=id, initiative_id=initiative_id, name=name, content="{}"))
        unit.edit(Phase, "pha_2").add_dependency(depends_on_phase_id="pha_1")
        for id in ("pha_1", "pha_3"):
            unit.edit(Phase, id).approve()
        unit.edit(Phase, "pha_1").queue()
        unit.edit(Phase, "pha_3").start()
        unit.edit(Initiative, "ini_2").archive()
        for id, order in (("tsk_1", 2), ("tsk_2", 1)):
            unit.create(Task.create(id=id, title=id, phase_id="pha_1", plan_order=order, project_id="prj_1"))
        unit.create(Task.create(id="tsk_3", title="Sub", parent_task_id="tsk_1", initiative_id="ini_1"))
        unit.create(
            ReviewComment.create(
                id="rvc_1", phase_id="pha_1", file_path="b.py", line_number=7, **line | {"body": "Why?"}, author="ann"
            )
        )
        unit.create(
            ReviewComment.create(
                id="rvc_2", phase_id="pha_1", file_path="a.py", line_number=9, parent_comment_id="rvc_1", **line
            )
        )
        unit.create(ReviewComment.create(id="rvc_3", phase_id="pha_2", file_path="b.py", line_number=3, **line))
        unit.edit(ReviewComment, "rvc_1").resolve(by="bob")


@pytest.fixture
def plans(all_doors: Doors) -> Doors:
    """Plans on each kind of store."""
    world(all_doors.ledger)
    return all_doors


@pytest.fixture
def plan(doors: Doors) -> Doors:
    world(doors.ledger)
    return doors


def ids(page: dict[str, Any]) -> list[str]:
    return [row["id"] for row in page["items"]]


class TestLists:
    """Filters, sorts and pages."""

    @pytest.mark.parametrize("path", LISTINGS)
    def test_every_filter_leaves_the_rows_that_fit(self, plans: Doors, path: str) -> None:
        assert EXPECTED[path].keys() == LISTINGS[path].filters.keys()
        for name, cases in EXPECTED[path].items():
            for value, expected in cases:
                assert set(ids(plans.see(path, **{name: value}))) == expected, f"{path}?{name}={value}"

    @pytest.mark.parametrize("path", LISTINGS)
    def test_every_sort_goes_both_ways_and_pages_completely(self, plans: Doors, path: str) -> None:
        """R3, among rows of one moment too."""
        for sort in LISTINGS[path].sorts:
            for order in ("asc", "desc"):
                whole = ids(plans.see(path, sort=sort, order=order))
                found, cursor = [], None
                while cursor is not None or not found:
                    query = {"sort": sort, "order": order, "limit": 1} | ({"cursor": cursor} if cursor else {})
                    page = plans.see(path, **query)
                    found += ids(page)
                    cursor = page["pagination"]["next_cursor"]
                assert found == whole, f"{path} by {sort}"

    def test_comments_are_sorted_by_the_lines_that_they_are_about(self, plan: Doors) -> None:
        assert ids(plan.see("review-comments", sort="line")) == ["rvc_2", "rvc_3", "rvc_1"]

    def test_phases_say_how_far_they_are(self, plan: Doors) -> None:
        one, two = plan.see("phases", initiative_id="ini_1")["items"]
        assert one.items() >= {"tasks": 2, "tasks_done": 0, "unmet_dependencies": 0, "state": "queued"}.items()
        assert two.items() >= {"tasks": 0, "unmet_dependencies": 1, "state": "pending"}.items()


class TestTasks:
    """The tasks of a phase, of an initiative, and below another."""

    def test_they_are_found_in_the_order_of_the_plan(self, plans: Doors) -> None:
        assert ids(plans.see("tasks", phase_id="pha_1", sort="plan_order")) == ["tsk_2", "tsk_1"]
        assert set(ids(plans.see("tasks", initiative_id="ini_1"))) == {"tsk_1", "tsk_2", "tsk_3"}
        assert ids(plans.see("tasks", parent_task_id="tsk_1")) == ["tsk_3"]
        assert ids(plans.see("tasks", project_id="prj_1", phase_id="pha_2")) == []

    def test_they_are_counted_by_column(self, plan: Doors) -> None:
        plan.do("tasks/tsk_2/cancel", to="dropped")
        assert plan.see("tasks", phase_id="pha_1")["counts"]["backlog"] == 1
        assert plan.see("tasks", initiative_id="ini_1")["counts"]["backlog"] == 2

    def test_a_list_of_all_tasks_there_are_is_refused(self, plan: Doors) -> None:
        for query in ({}, {"status": "pending"}):
            refusal = plan.answer("GET", "tasks", params=query)
            assert refusal.status_code == 400
            assert f"one of {', '.join(tasks.WHOLES)} is needed" in refusal.json()["detail"]

    def test_one_says_its_initiative_and_is_moved_within_it(self, plan: Doors) -> None:
        plan.do("tasks", id="tsk_4", title="New", phase_id="pha_2")
        assert plan.see("tasks/tsk_4")["initiative_id"] == "ini_1"
        plan.do("tasks/tsk_4/move-to-phase", phase_id="pha_1")
        assert plan.refuses("tasks/tsk_4/move-to-phase", phase_id="pha_3") == (409, "PHASE_OF_ANOTHER_INITIATIVE")
        assert plan.refuses("tasks", title="Lost", phase_id="pha_9") == (404, "PHASE_NOT_FOUND")
        assert plan.refuses("tasks", title="Lost", initiative_id="ini_9") == (404, "INITIATIVE_NOT_FOUND")


class TestDetails:
    """One of each, as it is and as it was, with its history."""

    def test_an_initiative_comes_with_its_projects_and_its_phases(self, plans: Doors) -> None:
        shown = plans.see("initiatives/ini_1")
        assert [(one["id"], bool(one["linked_at"])) for one in shown["projects"]] == [("prj_1", True), ("prj_2", True)]
        assert shown["phases"] == {"pending": 1, "approved": 1}

    def test_a_phase_comes_with_its_dependencies_its_tasks_and_its_open_comments(self, plans: Doors) -> None:
        """C4."""
        shown = plans.see("phases/pha_1")
        expected = {"depends_on": [], "dependents": ["pha_2"], "task_counts": {"pending": 2}, "open_comments": 0}
        assert shown.items() >= {**expected, "content": "{}"}.items()
        other = {"depends_on": ["pha_1"], "dependents": [], "task_counts": {}, "open_comments": 1}
        assert plans.see("phases/pha_2").items() >= other.items()

    def test_each_is_shown_as_it_was(self, plan: Doors) -> None:
        head = plan.ledger.head()
        plan.do("phases/pha_1/change-content", content="New")
        plan.do("initiatives/ini_1/set-projects", project_ids=["prj_2"])
        plan.do("review-comments/rvc_1/unresolve")
        assert plan.see("phases/pha_1")["content"] == "New"
        assert plan.see("phases/pha_1", at=head)["content"] == "{}"
        assert plan.see("initiatives/ini_1", at=head)["project_ids"] == ["prj_1", "prj_2"]
        assert plan.see("review-comments/rvc_1", at=head)["resolved"] is True

    def test_the_history_of_a_phase_is_found_by_its_id_with_all_that_is_in_it(self, plan: Doors) -> None:
        topics = {event["topic"] for event in plan.see("events", phase_id="pha_1")["items"]}
        assert topics == {"phase.created", "phase.approved", "phase.queued", "task.created"} | {
            "review_comment.added",
            "review_comment.resolved",
        }
        assert [event["topic"] for event in plan.see("phases/pha_3/events")["items"]][-1] == "phase.started"
        assert len(plan.see("events", initiative_id="ini_2")["items"]) == 7


class TestCommands:
    """An initiative from its first phase to its approval."""

    @pytest.mark.parametrize("path", KINDS)
    def test_each_says_when_the_thing_is_not_there(self, doors: Doors, path: str) -> None:
        kind, states = KINDS[path]
        assert states.EXAMPLES.keys() == kind.commands().keys()
        for name, (arguments, *_) in states.EXAMPLES.items():
            refusal = doors.refuses(f"{path}/x_9/{name.replace('_', '-')}", **arguments)
            assert refusal == (404, kind.NOT_FOUND.code), name

    def test_a_life(self, all_doors: Doors) -> None:
        """C8, C20, C22: planned, worked on, reviewed, changed and approved."""
        do, see, refuses = all_doors.do, all_doors.see, all_doors.refuses
        initiative = do("initiatives", name="Sign in")["id"]
        phase = do("phases", initiative_id=initiative, name="Parser")["id"]
        task = do("tasks", title="Write it", phase_id=phase)["id"]
        do("agents", id="ann", name="Ann")
        for command in ("approve", "queue", "start"):
            do(f"phases/{phase}/{command}")
        assert refuses(f"phases/{phase}/request-review") == (409, "PHASE_TASKS_OPEN")
        assert refuses(f"phases/{phase}/merge") == (409, "PHASE_REVIEW_REQUIRED")
        do(f"tasks/{task}/assign", agent_id="ann")
        do(f"tasks/{task}/finish-work", approval="none", summary="Done.")
        do(f"phases/{phase}/request-review")
        line = {"file_path": "a.py", "line_number": 1, "line_type": "removed", "body": "Why?"}
        comment = do("review-comments", phase_id=phase, **line)["id"]
        do(f"phases/{phase}/request-changes", comment_ids=[comment])
        do(f"review-comments/{comment}/resolve", by="ann")
        assert refuses(f"initiatives/{initiative}/request-review") == (409, "INITIATIVE_PHASES_OPEN")
        do(f"phases/{phase}/request-review")
        do(f"phases/{phase}/approve-review", merge_base="c0ffee", merge_sha="beef")
        assert see(f"phases/{phase}").items() >= {"status": "completed", "merge_base": "c0ffee"}.items()
        do(f"initiatives/{initiative}/request-review")
        do(f"initiatives/{initiative}/request-changes", summary="Name the errors.")
        do(f"initiatives/{initiative}/request-review")
        approved = do(f"initiatives/{initiative}/approve", strategy="merge_and_push")
        assert approved["state"]["status"] == "completed"
        assert see(f"initiatives/{initiative}")["commands"] == [
            *("rename", "set-branch", "set-projects", "archive", "reopen", "delete")
        ]
