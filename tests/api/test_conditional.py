"""Conditional reads and writes: an ETag is of a body, and its version is what If-Match goes by."""

import pytest

from support.http_client import Doors
from workledger.api.web.conditional import matches


@pytest.fixture
def task(doors: Doors) -> Doors:
    doors.do("tasks", id="tsk_1", title="Write it", project_id=None)
    doors.see("tasks/tsk_1")
    return doors


def test_what_a_client_has_is_not_sent_again(task: Doors) -> None:
    first = task.answer("GET", "tasks/tsk_1")
    for known in (first.headers["ETag"], f'"0-0", W/{first.headers["ETag"]}', "*"):
        answer = task.answer("GET", "tasks/tsk_1", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["ETag"] == first.headers["ETag"]
        assert answer.headers["X-Position"] == "1"
    task.do("tasks/tsk_1/change-details", title="Other")
    answer = task.answer(
        "GET", "tasks/tsk_1", params={"min_position": 2}, headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (answer.status_code, answer.json()["title"]) == (200, "Other")


def test_what_has_no_tag_or_is_refused_is_sent_whatever_a_client_has(task: Doors) -> None:
    for path, status in (("tasks/tsk_9", 404), ("events", 200), ("health", 200)):
        answer = task.answer("GET", path, headers={"If-None-Match": "*"})
        assert (answer.status_code, bool(answer.content)) == (status, True)
    assert task.answer("POST", "tasks", json={"title": "x"}, headers={"If-None-Match": "*"}).status_code == 201


def test_two_bodies_of_one_version_have_two_tags(doors: Doors) -> None:
    """A task is shown with its place in its column, which others change."""
    doors.do("projects", id="prj_1", name="Atlas")
    for id in ("tsk_1", "tsk_2"):
        doors.do("tasks", id=id, title=id, project_id="prj_1")
    doors.see("tasks/tsk_2")
    before = doors.answer("GET", "tasks/tsk_2")
    doors.do("tasks/tsk_1/delete")
    doors.see("tasks/tsk_2")
    after = doors.answer("GET", "tasks/tsk_2")
    assert before.json()["version"] == after.json()["version"]
    assert before.json()["position"] != after.json()["position"]
    assert before.headers["ETag"] != after.headers["ETag"]
    assert doors.answer(
        "POST", "tasks/tsk_2/change-details", json={"title": "x"}, headers={"If-Match": before.headers["ETag"]}
    ).is_success, "it is still at that version"


@pytest.mark.parametrize("path", ["tasks", "agents/agt_1/logs", "sessions/ses_1/feed"])
def test_what_begins_has_no_version_to_be_matched(doors: Doors, path: str) -> None:
    bodies = {"tasks": {"title": "x"}, "agents/agt_1/logs": {"session_number": 1, "content": "x"}}
    body = bodies.get(path, {"channel": "chunk", "data": {}})
    for tag in ('"5"', "*"):
        assert doors.refuses(path, {"If-Match": tag}, **body) == (400, "VALIDATION_ERROR")
    parameters = doors.answer("GET", "openapi.json").json()["paths"]["/api/tasks"]["post"]["parameters"]
    assert "if-match" not in {one["name"] for one in parameters}


@pytest.mark.parametrize(
    ("known", "tag", "same"),
    [
        ('"1-a"', '"1-a"', True),
        ('W/"1-a"', '"1-a"', True),
        ('"0-b" ,"1-a"', 'W/"1-a"', True),
        ("*", '"1-a"', True),
        ('"1"', '"1-a"', False),
        ("*", None, False),
    ],
)
def test_tags_are_compared_as_strong_ones(known: str, tag: str | None, same: bool) -> None:
    assert matches(known, tag) is same
