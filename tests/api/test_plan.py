"""The plan: a project's initiatives, each phase after those that it depends on, and what blocks which task."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.http_client import Doors
from support.waiting import phase, reviewed
from workledger.projections.plan import steps_of


@pytest.fixture
def atlas(all_doors: Doors) -> Doors:
    """A project with an initiative."""
    all_doors.do("projects", id="prj_1", name="Atlas")
    all_doors.do("initiatives", id="ini_1", name="Sign in with a passkey", project_ids=["prj_1"])
    return all_doors


def phases(doors: Doors, *names: str) -> None:
    for name in names:
        doors.do("phases", id=name, initiative_id="ini_1", name=name.title())


def steps(doors: Doors) -> list[tuple[int, str]]:
    return [(one["step"], one["id"]) for one in doors.see("initiatives/ini_1/plan")["phases"]]


def test_phases_stand_in_the_order_of_their_dependencies_and_those_of_a_step_by_age(atlas: Doors) -> None:
    phases(atlas, "ship", "model", "login", "page")
    assert steps(atlas) == [(1, "ship"), (1, "model"), (1, "login"), (1, "page")]
    for after, before in (("login", "model"), ("page", "model"), ("ship", "login"), ("ship", "page")):
        atlas.do(f"phases/{after}/add-dependency", depends_on_phase_id=before)
    assert steps(atlas) == [(1, "model"), (2, "login"), (2, "page"), (3, "ship")]
    shown = {one["id"]: one for one in atlas.see("initiatives/ini_1/plan")["phases"]}
    assert (shown["ship"]["depends_on"], shown["ship"]["unmet_dependencies"]) == (["login", "page"], 2)
    assert "content" not in shown["ship"]
    atlas.do("phases/model/delete")
    assert steps(atlas) == [(1, "login"), (1, "page"), (2, "ship")]


@given(st.data(), st.integers(0, 8))
def test_each_step_comes_right_after_the_last_of_what_comes_before_it(data: st.DataObject, number: int) -> None:
    order = data.draw(st.permutations([str(one) for one in range(number)]))
    after = {
        one: data.draw(st.lists(st.sampled_from(order[:place]), unique=True)) if place else []
        for place, one in enumerate(order)
    }
    found = steps_of(sorted(order), after | {"gone": ["0"], "x": ["gone"]})
    assert found == {one: 1 + max((found[other] for other in after[one]), default=0) for one in order}


def test_a_chain_of_thousands_of_phases_is_put_in_order() -> None:
    names = [f"{number:04}" for number in range(5000)]
    found = steps_of(names, {one: [before] for before, one in itertools.pairwise(names)})
    assert [found[name] for name in names] == [*range(1, 5001)]


def test_a_project_has_its_initiatives_with_their_progress_archived_ones_last(atlas: Doors) -> None:
    atlas.do("initiatives", id="ini_2", name="Faster start", project_ids=["prj_1"])
    atlas.do("initiatives", id="ini_3", name="Of nobody")
    phases(atlas, "model", "login")
    for number, name in enumerate(("Table", "Index", "Dropped", "Loose")):
        part = {"initiative_id": "ini_1"} if name == "Loose" else {"phase_id": "model"}
        atlas.do("tasks", id=f"tsk_{number}", project_id="prj_1", title=name, **part)
    atlas.do("tasks/tsk_2/cancel", to="dropped")
    atlas.do("tasks/tsk_0/assign", agent_id=agent(atlas))
    atlas.do("tasks/tsk_0/finish-work", approval="none")
    read = atlas.see("projects/prj_1/plan")
    first, second = read["items"]
    progress = {"phases": 2, "phases_done": 0, "tasks": 3, "tasks_done": 1, "state": "active"}
    assert (first["id"], second["id"], read["count"]) == ("ini_1", "ini_2", 2)
    assert first.items() >= progress.items()
    assert "archive" in first["commands"]
    atlas.do("initiatives/ini_1/archive")
    assert [one["id"] for one in atlas.see("projects/prj_1/plan")["items"]] == ["ini_2", "ini_1"]
    assert [one["id"] for one in atlas.see("projects/prj_1/plan", limit=1)["items"]] == ["ini_2"]
    [loose] = atlas.see("initiatives/ini_1/plan")["tasks"]
    assert (loose["title"], atlas.see("initiatives/ini_1/plan")["count"]) == ("Loose", 1)


def agent(doors: Doors) -> Any:
    return doors.do("agents", project_id="prj_1", name="Ada")["id"]


def test_a_task_of_a_phase_names_what_it_waits_for_until_that_is_done(atlas: Doors) -> None:
    phases(atlas, "model")
    for place, name in enumerate(("Index", "Table", "View")):
        atlas.do("tasks", id=name, project_id="prj_1", title=name, phase_id="model", plan_order=3 - place)
    reviewed(atlas.do, "prj_1", "elsewhere", "Choose a database")
    atlas.do("tasks/View/add-dependency", depends_on_task_id="Table")
    atlas.do("tasks/View/add-dependency", depends_on_task_id="elsewhere")
    read = atlas.see("phases/model/plan")
    assert [(one["id"], [other["title"] for other in one["waits_for"]]) for one in read["tasks"]] == [
        ("View", ["Choose a database", "Table"]),
        ("Table", []),
        ("Index", []),
    ]
    atlas.do("tasks/elsewhere/approve")
    [view] = atlas.see("phases/model/plan", limit=1)["tasks"]
    assert [other["id"] for other in view["waits_for"]] == ["Table"]
    assert (view["state"], read["count"]) == ("ready", 3)


def test_a_phase_says_how_many_of_its_review_comments_are_open_answers_are_with_what_they_answer(atlas: Doors) -> None:
    phase(atlas.do, "ini_1", "pha_1", "Data model")
    for line in (1, 2):
        body = {"phase_id": "pha_1", "file_path": "model.py", "line_number": line, "line_type": "added"}
        atlas.do("review-comments", id=f"rvc_{line}", body="Why?", **body)
    answer = {"phase_id": "pha_1", "file_path": "model.py", "line_number": 1, "line_type": "added"}
    atlas.do("review-comments", body="Because.", parent_comment_id="rvc_1", **answer)
    atlas.do("review-comments/rvc_1/resolve")
    [shown] = atlas.see("initiatives/ini_1/plan")["phases"]
    assert (shown["open_comments"], shown["state"]) == (1, "pending_review")
    assert atlas.see("phases/pha_1")["open_comments"] == 1
    [item] = atlas.see("inbox")["items"]
    assert item["open_comments"] == 1


def test_the_plan_of_what_is_not_there_is_not_found(atlas: Doors) -> None:
    for path, code in (("projects", "PROJECT"), ("initiatives", "INITIATIVE"), ("phases", "PHASE")):
        assert atlas.refused("GET", f"{path}/nowhere/plan") == (404, f"{code}_NOT_FOUND")
    atlas.do("projects", id="prj_2", name="Empty")
    assert atlas.see("projects/prj_2/plan")["items"] == []
