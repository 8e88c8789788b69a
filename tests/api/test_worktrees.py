"""Worktrees over HTTP: begun, worked in, merged and removed; listed by every filter; refused with their codes."""

from typing import Any

import pytest

from support.http_client import Doors
from workledger.api.worktrees import WORKTREES
from workledger.domain.worktree import Worktree


@pytest.fixture
def places(doors: Doors) -> Doors:
    """A project with a task, its worktree, one that is ready, one that was removed, and one of another project."""
    for id in ("prj_1", "prj_2"):
        doors.do("projects", id=id, name=id)
    doors.do("tasks", id="tsk_1", title="Parse it", project_id="prj_1")
    doors.do("worktrees", id="wtr_1", project_id="prj_1", task_id="tsk_1", branch="parser", path="x/1")
    doors.do("worktrees", id="wtr_2", project_id="prj_1", branch="lexer", path="x/2")
    doors.do("worktrees/wtr_2/check-out")
    doors.do("worktrees/wtr_2/initialize", steps=["env_copied"])
    doors.do("worktrees", id="wtr_3", project_id="prj_1", branch="old", path="x/3")
    doors.do("worktrees/wtr_3/fail", operation="create", error="No space left.")
    doors.do("worktrees/wtr_3/remove")
    doors.do("worktrees", id="wtr_4", project_id="prj_2", branch="parser", path="x/4")
    doors.do("worktrees/wtr_4/mark-stale", last_activity="2026-11-01T07:00:00+01:00")
    return doors


def ids(doors: Doors, **query: Any) -> set[str]:
    return {one["id"] for one in doors.see("worktrees", **query)["items"]}


EXPECTED: dict[str, list[tuple[Any, set[str]]]] = {
    "project_id": [("prj_1", {"wtr_1", "wtr_2", "wtr_3"}), ("prj_2", {"wtr_4"}), ("prj_9", set())],
    "task_id": [("tsk_1", {"wtr_1"}), ("tsk_9", set())],
    "status": [("creating", {"wtr_1", "wtr_4"}), ("active", {"wtr_2"}), ("removed", {"wtr_3"}), ("error", set())],
    "status_detail": [("active", {"wtr_2"}), ("dirty", set()), ("removed", {"wtr_3"})],
    "branch": [("parser", {"wtr_1", "wtr_4"}), ("pars", set())],
    "stale": [(True, {"wtr_4"}), (False, {"wtr_1", "wtr_2", "wtr_3"})],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_worktrees_are_found_by_every_filter(places: Doors, name: str) -> None:
    assert set(EXPECTED) == set(WORKTREES.filters)
    for value, found in EXPECTED[name]:
        assert ids(places, **{name: value}) == found, value


def test_filters_go_together_and_the_newest_comes_first(places: Doors) -> None:
    assert ids(places, project_id="prj_1", branch="parser") == {"wtr_1"}
    assert [one["id"] for one in places.see("worktrees")["items"]] == ["wtr_4", "wtr_3", "wtr_2", "wtr_1"]
    last = places.see("worktrees", sort="last_activity_at", order="asc")["items"]
    assert [one["id"] for one in last] == ["wtr_1", "wtr_2", "wtr_3", "wtr_4"]


@pytest.mark.parametrize("wrong", [{"status": "dirty"}, {"status_detail": "gone"}, {"stale": "maybe"}, {"path": "x"}])
def test_a_filter_that_does_not_fit_is_refused(doors: Doors, wrong: dict[str, str]) -> None:
    """A1: the six statuses of AgentPane and no other."""
    assert doors.refused("GET", "worktrees", params=wrong) == (400, "VALIDATION_ERROR")


def test_a_worktree_from_its_branch_to_its_merge(doors: Doors) -> None:
    """A13: each command's answer is the state it leads to, and the row says the same."""
    doors.do("projects", id="prj_1", name="Atlas")
    created = doors.do("worktrees", project_id="prj_1", branch="feature/parser", path=".worktrees/parser")
    path = f"worktrees/{created['id']}"
    steps: list[tuple[str, dict[str, Any], str, str]] = [
        ("check-out", {}, "creating", "initializing"),
        ("complete-setup-step", {"step": "env_copied"}, "creating", "initializing"),
        ("initialize", {"steps": ["deps_installed"]}, "active", "active"),
        ("report-change", {"files": ["parser.py"]}, "active", "dirty"),
        ("start-commit", {"message": "Parse it."}, "active", "committing"),
        ("complete-commit", {"sha": "c0ffee"}, "active", "active"),
        ("start-merge", {"merge_base": "ba5e"}, "merging", "merging"),
        ("report-conflict", {"files": ["parser.py"]}, "merging", "conflict"),
        ("resolve-conflict", {"resolution": "ours"}, "merging", "merging"),
        ("complete-merge", {"merge_sha": "5ea1ed"}, "removing", "removing"),
        ("complete-removal", {"branch_pruned": True}, "removed", "removed"),
    ]
    for command, arguments, status, detail in steps:
        answer = doors.do(f"{path}/{command}", **arguments)
        row = doors.see(path)
        for said in (answer["state"], row):
            assert (said["status"], said["status_detail"], said["version"]) == (status, detail, answer["version"])
    assert (row["env_copied"], row["deps_installed"], row["init_script_run"]) == (True, True, False)
    assert row["created_at"] < row["merged_at"] <= row["removed_at"] == row["last_activity_at"]
    topics = [event["topic"] for event in doors.see(f"{path}/events")["items"]]
    assert len(topics) == len(steps) + 2
    assert topics[-2:] == ["worktree.merged", "worktree.removed"]


def test_a_new_worktree_says_where_it_is(doors: Doors) -> None:
    doors.do("projects", id="prj_1", name="Atlas")
    body = {"id": "wtr_1", "project_id": "prj_1", "branch": "b", "path": "x"}
    answer = doors.answer("POST", "worktrees", json=body)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/worktrees/wtr_1")
    assert doors.answer("GET", "worktrees/wtr_1", params={"min_position": 2}).headers["ETag"].startswith('"1-')


def test_a_command_that_is_repeated_happens_once(places: Doors) -> None:
    """R4."""
    for _ in range(2):
        places.do("worktrees/wtr_2/report-change", {"Idempotency-Key": "once"}, files=["a.py"])
    places.do("worktrees/wtr_2/report-change", {"Idempotency-Key": "twice"}, files=["b.py"])
    again = places.do("worktrees/wtr_2/report-change", {"Idempotency-Key": "once"}, files=["a.py"])
    assert again["state"]["files"] == ["a.py"]
    assert places.ledger.get(Worktree, "wtr_2").files == ("b.py",)


def test_a_stale_version_is_refused(places: Doors) -> None:
    refusal = places.refuses("worktrees/wtr_2/report-change", {"If-Match": '"1"'})
    assert refusal == (412, "CONCURRENCY_CONFLICT")


def test_every_command_has_a_door_and_says_when_there_is_no_such_worktree(doors: Doors) -> None:
    arguments: dict[str, dict[str, Any]] = {
        "complete_setup_step": {"step": "env_copied"},
        "start_commit": {"message": "m"},
        "complete_commit": {"sha": "c0ffee"},
        "start_merge": {"merge_base": "ba5e"},
        "complete_merge": {"merge_sha": "5ea1ed"},
        "resolve_conflict": {"resolution": "ours"},
        "fail": {"operation": "work", "error": "Boom."},
        "mark_stale": {"last_activity": "2026-11-01T06:00:00Z"},
    }
    for name in Worktree.commands():
        refusal = doors.refuses(f"worktrees/wtr_9/{name.replace('_', '-')}", **arguments.get(name, {}))
        assert refusal == (404, "WORKTREE_NOT_FOUND"), name
    assert doors.refused("GET", "worktrees/wtr_9") == (404, "WORKTREE_NOT_FOUND")
    assert doors.refused("GET", "worktrees/wtr_9/events") == (404, "WORKTREE_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"branch": "parser"}, (409, "WORKTREE_BRANCH_EXISTS")),
        ({"path": "x/1"}, (409, "NAME_TAKEN")),
        ({"project_id": "prj_9"}, (404, "PROJECT_NOT_FOUND")),
        ({"task_id": "tsk_9"}, (404, "TASK_NOT_FOUND")),
        ({"branch": "not a branch"}, (400, "VALIDATION_ERROR")),
        ({"branch": "b" * 101}, (400, "VALIDATION_ERROR")),
        ({"status": "active"}, (400, "VALIDATION_ERROR")),
    ],
)
def test_a_worktree_that_cannot_be_is_refused(places: Doors, body: dict[str, str], refusal: tuple[int, str]) -> None:
    """domain.md 5.2."""
    assert places.refuses("worktrees", **{"project_id": "prj_1", "branch": "new", "path": "x/9"} | body) == refusal


def test_what_its_state_does_not_allow_is_refused(places: Doors) -> None:
    """domain.md 5.2."""
    assert places.refuses("worktrees/wtr_1/report-change") == (409, "WORKTREE_INVALID_TRANSITION")
    places.do("worktrees/wtr_2/report-change")
    assert places.refuses("worktrees/wtr_2/start-merge", merge_base="ba5e") == (400, "WORKTREE_DIRTY")
    assert places.refuses("worktrees/wtr_2/remove") == (400, "WORKTREE_DIRTY")
    places.do("worktrees/wtr_2/start-commit", message="m")
    places.do("worktrees/wtr_2/start-merge", merge_base="ba5e", commit_sha="c0ffee")
    places.do("worktrees/wtr_2/report-conflict")
    assert places.refuses("worktrees/wtr_2/remove") == (409, "WORKTREE_MERGE_CONFLICT")
    places.do("worktrees/wtr_1/fail", operation="create", error="No space left.")
    assert places.refuses("worktrees/wtr_1/check-out") == (409, "WORKTREE_CREATION_FAILED")
    places.do("worktrees/wtr_1/retry")
    assert places.do("worktrees/wtr_1/check-out")["state"]["status_detail"] == "initializing"


def test_its_project_shows_what_happens_to_it(places: Doors) -> None:
    topics = {event["topic"] for event in places.see("events", project_id="prj_2", limit=1000)["items"]}
    assert {"worktree.created", "worktree.marked_stale"} <= topics
