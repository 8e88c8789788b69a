"""Problems: every refusal has its code, its status and its shape, and nothing else is let out."""

from collections.abc import Iterator
from typing import Any

import pytest

from support.http_client import BASE, Doors
from workledger import Workledger
from workledger.api.app import create_app
from workledger.api.web.guard import LARGEST_BODY


def test_a_problem_has_the_members_of_rfc_9457(doors: Doors) -> None:
    answer = doors.answer("GET", "tasks/tsk_9")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": f"{BASE}/api/errors/TASK_NOT_FOUND",
        "title": "Task not found",
        "status": 404,
        "detail": "There is no such task.",
        "code": "TASK_NOT_FOUND",
        "id": "tsk_9",
    }


def test_the_type_of_a_problem_leads_to_what_it_means(doors: Doors) -> None:
    said = doors.client.get(doors.answer("GET", "tasks/tsk_9").json()["type"]).json()
    assert said["code"] == "TASK_NOT_FOUND"
    assert said["meaning"] == "There is no such task."
    assert (said["title"], said["status"]) == ("Task not found", 404)
    assert doors.refused("GET", "errors/NO_SUCH_CODE") == (404, "NOT_FOUND")


def test_a_detail_of_a_refusal_never_replaces_a_member_of_the_problem(doors: Doors) -> None:
    doors.do("projects", id="prj_1", name="Atlas")
    assert doors.refuses("projects/prj_1/change-status", status="archived") == (409, "PROJECT_INVALID_TRANSITION")


def test_what_is_not_there_is_a_problem_too(doors: Doors) -> None:
    assert doors.refused("GET", "nothing/of/the/kind") == (404, "NOT_FOUND")
    assert doors.refused("DELETE", "tasks") == (405, "METHOD_NOT_ALLOWED")
    assert doors.answer("DELETE", "tasks").headers["Allow"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("workspaces", "WORKSPACE_NOT_FOUND"),
        ("projects", "PROJECT_NOT_FOUND"),
        ("tasks", "TASK_NOT_FOUND"),
        ("agents", "AGENT_NOT_FOUND"),
        ("agent-runs", "AGENT_RUN_NOT_FOUND"),
        ("tool-calls", "TOOL_CALL_NOT_FOUND"),
        ("sessions", "SESSION_NOT_FOUND"),
        ("commits", "COMMIT_NOT_FOUND"),
        ("stage-runs", "STAGE_RUN_NOT_FOUND"),
        ("write-operations", "WRITE_OPERATION_NOT_FOUND"),
    ],
)
def test_an_unknown_id_is_not_found_and_one_that_is_none_invalid(doors: Doors, path: str, code: str) -> None:
    assert doors.refused("GET", f"{path}/x_9") == (404, code)
    if path != "tool-calls":
        assert doors.refused("GET", f"{path}/x_9/events") == (404, code)
        assert doors.refused("GET", f"{path}/x%00/events") == (400, "INVALID_ID")
    for id in ("x%209", "x%2F9", "x" * 500, "%ED%A0%80", "%F0%9F%90%9D"):
        assert doors.refused("GET", f"{path}/{id}") == (404, code)
    for id in ("x" * 501, "x%00"):
        assert doors.refused("GET", f"{path}/{id}") == (400, "INVALID_ID")


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": ',
        b"[1, 2]",
        b"7",
        b"null",
        b'{"title": NaN}',
        b'{"title": "\xff"}',
        b'{"title": "\\ud800"}',
        b'{"title": "a\\u0000b"}',
        b'{"title": "a", "metadata": {"a\\u0000": 1}}',
        b'{"title": "a", "plan_order": 9223372036854775808}',
        b'{"title": "a", "metadata": {"big": 1e999}}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b"",
    ],
    ids=lambda body: body[:30].decode(errors="replace"),
)
def test_a_body_that_the_ledger_could_not_keep_is_refused(doors: Doors, body: bytes) -> None:
    refusal = doors.refused("POST", "tasks", content=body, headers={"content-type": "application/json"})
    assert refusal == (400, "VALIDATION_ERROR")
    assert doors.ledger.head() == 0


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_is_not_said_to_be_json_is_refused(doors: Doors, content_type: str) -> None:
    """Pages elsewhere can send these without being asked whether they may."""
    refusal = doors.refused("POST", "tasks", content=b'{"title": "a"}', headers={"content-type": content_type})
    assert refusal == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_zero_character_in_a_query_is_refused(all_doors: Doors) -> None:
    assert all_doors.refused("GET", "projects?search=a%00b") == (400, "VALIDATION_ERROR")


def test_numbers_larger_than_a_database_keeps_are_refused(all_doors: Doors) -> None:
    for path in (
        "projects?min_position=9223372036854775808",
        "projects/prj_1/commits?offset=9223372036854775808",
        "events?after=9223372036854775808",
        "tasks/tsk_1?at=9223372036854775808",
        "agents/agt_1/logs?session_number=9223372036854775808",
    ):
        assert all_doors.refused("GET", path) == (400, "VALIDATION_ERROR"), path


class TestBodySize:
    """A body has at most LARGEST_BODY bytes, whatever it says of itself."""

    def test_one_that_says_so_is_refused_before_it_is_read(self, doors: Doors) -> None:
        body = b'{"title": "' + b"x" * LARGEST_BODY + b'"}'
        refusal = doors.refused("POST", "tasks", content=body, headers={"content-type": "application/json"})
        assert refusal == (413, "PAYLOAD_TOO_LARGE")

    def test_one_that_does_not_say_so_is_refused_while_it_is_read(self, doors: Doors) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(LARGEST_BODY // 65536 + 2):
                yield b" " * 65536

        refusal = doors.refused("POST", "tasks", content=chunks(), headers={"content-type": "application/json"})
        assert refusal == (413, "PAYLOAD_TOO_LARGE")

    def test_an_event_is_smaller_still(self, doors: Doors) -> None:
        doors.do("agents", id="agt_1", name="ann")
        refusal = doors.refuses("agents/agt_1/logs", session_number=1, content="x" * 300_000)
        assert refusal == (413, "PAYLOAD_TOO_LARGE")


def test_what_nobody_foresaw_says_nothing_of_itself(memory: Workledger, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(memory)

    @app.get("/api/broken")
    def broken() -> None:
        raise RuntimeError("the password is 1234")

    app.router.routes.insert(0, app.router.routes.pop())
    with Doors(memory, app) as doors:
        answer = doors.answer("GET", "broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "1234" not in answer.text
    assert "1234" in caplog.text


def test_a_database_that_is_gone_is_not_described(memory: Workledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*arguments: Any) -> None:
        raise OSError("/home/ann/work.db")

    with Doors(memory) as doors:
        monkeypatch.setattr(type(memory.tables), "run", gone)
        answer = doors.answer("GET", "projects")
    assert answer.status_code == 500
    assert "ann" not in answer.text
