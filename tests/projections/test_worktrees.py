"""The rows of worktrees: what each event makes of them, and what goes with a project or a task (A13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support import worktree_states
from workledger import Workledger
from workledger.domain.kernel.aggregate import Event
from workledger.domain.project import Project
from workledger.domain.task import Task
from workledger.domain.worktree import Worktree
from workledger.domain.worktree.events import (
    STATUS,
    State,
    WorktreeFailed,
    WorktreeInitialized,
    WorktreeMarkedStale,
    WorktreeMergeAborted,
    WorktreeRemoved,
    WorktreeRetried,
    WorktreeSetupStepCompleted,
)
from workledger.projections import worktrees
from workledger.projections.engine.follow.projector import Projector
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.groups import GROUPS

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ledger(database_ledger: Workledger) -> Workledger:
    database_ledger.create(Project.create(id="p", name="Bakery"))
    database_ledger.catch_up()
    return database_ledger


def happened(ledger: Workledger, id: str, *events: Event, since: int = 0) -> dict[str, Any]:
    """The row after these events, a minute apart from noon on."""
    for minute, event in enumerate(events, since):
        with ledger.unit() as unit:
            unit.record(Worktree, id, [event], at=NOON + timedelta(minutes=minute))
    return row(ledger, id)


def row(ledger: Workledger, id: str) -> dict[str, Any]:
    ledger.catch_up()
    found = worktrees.get(ledger.tables, id)
    assert found is not None
    return found


@pytest.mark.parametrize("state", worktree_states.LIVES)
def test_a_worktree_shows_its_status_and_the_state_behind_it(ledger: Workledger, state: State) -> None:
    """A13: the mapping of domain.md 2.4."""
    past = worktree_states.LIVES[state]
    shown = happened(ledger, "w", *past)
    assert (shown["status"], shown["status_detail"]) == (STATUS[state], state)
    assert (shown["version"], shown["stale"]) == (len(past), False)
    assert (shown["created_at"], shown["updated_at"]) == (NOON, NOON + timedelta(minutes=len(past) - 1))
    assert shown["last_activity_at"] == shown["updated_at"]


def test_a_new_one_has_the_defaults_of_agentpane(ledger: Workledger) -> None:
    """A13."""
    shown = happened(ledger, "w", worktree_states.created)
    expected = {
        "id": "w",
        "project_id": "p",
        "task_id": None,
        "branch": "feature/parser",
        "base_branch": "main",
        "path": ".worktrees/parser",
        "status": "creating",
        "env_copied": False,
        "deps_installed": False,
        "init_script_run": False,
        "last_error": None,
        "merged_at": None,
        "removed_at": None,
    }
    assert {name: shown[name] for name in expected} == expected


def test_each_step_of_its_setup_raises_its_own_flag(ledger: Workledger) -> None:
    """A13."""
    flags = ("env_copied", "deps_installed", "init_script_run")
    happened(ledger, "w", *worktree_states.LIVES["creating"], worktree_states.checked_out)
    for count, step in enumerate(flags, 1):
        shown = happened(ledger, "w", WorktreeSetupStepCompleted(step=step))
        assert [shown[flag] for flag in flags] == [number < count for number in range(3)]
    assert [happened(ledger, "w", WorktreeInitialized())[flag] for flag in flags] == [True, True, True]


def test_it_shows_when_it_was_merged_and_when_it_was_removed(ledger: Workledger) -> None:
    """A13."""
    past = worktree_states.LIVES["removed"]
    shown = happened(ledger, "w", *past)
    assert shown["merged_at"] == NOON + timedelta(minutes=len(past) - 2)
    assert shown["removed_at"] == NOON + timedelta(minutes=len(past) - 1)


def test_one_that_was_never_merged_shows_no_such_moment(ledger: Workledger) -> None:
    """A13."""
    shown = happened(
        ledger, "w", *worktree_states.LIVES["initializing"], WorktreeRemoved(branch_pruned=True, reason="manual")
    )
    assert (shown["merged_at"], shown["removed_at"]) == (None, shown["updated_at"])


def test_the_last_error_stays_when_it_was_got_over(ledger: Workledger) -> None:
    past = worktree_states.LIVES["error"]
    shown = happened(ledger, "w", *past)
    assert (shown["status"], shown["last_error"]) == ("error", "The hook said no.")
    again = WorktreeRetried(operation="commit", status="active", status_detail="committing")
    shown = happened(ledger, "w", again, since=len(past))
    assert (shown["status"], shown["status_detail"]) == ("active", "committing")
    assert shown["last_error"] == "The hook said no."


def test_a_second_error_replaces_the_first(ledger: Workledger) -> None:
    failures = (
        WorktreeFailed(operation="create", error=error, recoverable=True) for error in ("No space left.", "Boom.")
    )
    first, second = failures
    again = WorktreeRetried(operation="create", status="creating", status_detail="creating")
    assert happened(ledger, "w", worktree_states.created, first, again, second)["last_error"] == "Boom."


def test_one_that_nobody_touches_is_stale_until_something_happens(ledger: Workledger) -> None:
    past = worktree_states.LIVES["merging"]
    before = happened(ledger, "w", *past)
    shown = happened(ledger, "w", WorktreeMarkedStale(last_activity="2026-11-21T12:07:00.000Z"), since=60)
    assert (shown["stale"], shown["last_activity_at"]) == (True, before["last_activity_at"])
    shown = happened(ledger, "w", WorktreeMergeAborted(), since=61)
    assert (shown["stale"], shown["last_activity_at"]) == (False, NOON + timedelta(minutes=61))


def test_worktrees_are_found_by_project_and_by_branch(ledger: Workledger) -> None:
    """AgentPane's list and getByBranch: what is removed is in neither."""
    ledger.create(Project.create(id="q", name="Forge"))
    happened(ledger, "old", *worktree_states.LIVES["removed"])
    happened(ledger, "new", worktree_states.created, since=20)
    other = worktree_states.created.model_copy(update={"branch": "lexer", "path": "y"})
    happened(ledger, "lexer", other, since=30)
    happened(ledger, "elsewhere", worktree_states.created.model_copy(update={"project_id": "q"}), since=40)
    assert [one["id"] for one in worktrees.of_project(ledger.tables, "p")] == ["lexer", "new"]
    assert [one["id"] for one in worktrees.of_project(ledger.tables, "q")] == ["elsewhere"]
    for project_id, branch, id in (("p", "feature/parser", "new"), ("q", "feature/parser", "elsewhere")):
        found = worktrees.by_branch(ledger.tables, project_id, branch)
        assert found == row(ledger, id)
    assert worktrees.by_branch(ledger.tables, "q", "lexer") is None
    assert worktrees.get(ledger.tables, "nothing") is None


@pytest.fixture(params=[1, 3, 5000], ids=lambda batch: f"batch-{batch}")
def batch(request: pytest.FixtureRequest) -> int:
    size: int = request.param
    return size


@pytest.fixture
def places(database_ledger: Workledger) -> Workledger:
    """Two projects, each with a task, a subtask, and a worktree of either."""
    for side in ("a", "b"):
        database_ledger.create(Project.create(id=f"p_{side}", name=f"Bakery {side}"))
        for id, parent in (("top", None), ("leaf", f"top_{side}")):
            database_ledger.create(
                Task.create(id=f"{id}_{side}", title=id, project_id=f"p_{side}", parent_task_id=parent)
            )
            database_ledger.create(
                Worktree.create(
                    id=f"at_{id}_{side}", project_id=f"p_{side}", task_id=f"{id}_{side}", branch=id, path=f"x/{id}"
                )
            )
    return database_ledger


def shown(ledger: Workledger, batch: int) -> dict[str, str | None]:
    """The task of each worktree, by worktree; the same after a rebuild."""
    Projector(ledger.store, ledger.tables, GROUPS, batch=batch).catch_up()
    rows = ledger.tables.all(worktrees.Worktrees.table.select().order_by(worktrees.Worktrees.c.id))
    Rebuild(ledger.store, ledger.tables, GROUPS[0]).run()
    assert ledger.tables.all(worktrees.Worktrees.table.select().order_by(worktrees.Worktrees.c.id)) == rows
    return {one["id"]: one["task_id"] for one in rows}


def test_a_project_takes_its_worktrees(places: Workledger, batch: int) -> None:
    """domain.md 3.5: CASCADE; the event that they are removed comes after their rows are gone."""
    with places.edit(Project, "p_a") as project:
        project.delete()
    with places.edit(Worktree, "at_top_a") as worktree:
        worktree.fail(operation="create", error="The project is gone.")
        worktree.remove(reason="project_deleted")
    assert shown(places, batch) == {"at_leaf_b": "leaf_b", "at_top_b": "top_b"}


@pytest.mark.parametrize(
    ("task_id", "left"),
    [
        ("leaf_a", {"at_leaf_a": None, "at_top_a": "top_a"}),
        ("top_a", {"at_leaf_a": None, "at_top_a": None}),
    ],
)
def test_a_worktree_outlives_its_task(
    places: Workledger, batch: int, task_id: str, left: dict[str, str | None]
) -> None:
    """domain.md 3.5: SET NULL, also of the tasks that go with another."""
    with places.edit(Task, task_id) as task:
        task.delete()
    assert shown(places, batch) == {**left, "at_leaf_b": "leaf_b", "at_top_b": "top_b"}
    with places.edit(Worktree, "at_leaf_a") as worktree:
        worktree.check_out()
    assert shown(places, batch)["at_leaf_a"] is None
