"""Requests are taken as they are meant, or refused: their types, their names, and who they say that asks."""

import gzip
import threading
from typing import Any

import pytest

from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import App, create_app
from workledger.api.sessions import SESSIONS
from workledger.api.web.cursors import Cursor
from workledger.api.web.guard import LARGEST_BODY
from workledger.api.web.listing import _hash

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
def test_an_encoded_body_is_refused(doors: Doors, coding: str) -> None:
    body, headers = gzip.compress(b'{"title": "a"}'), JSON | {"Content-Encoding": coding}
    assert doors.refused("POST", "tasks", content=body, headers=headers) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "APPLICATION/JSON", "application/merge-patch+json"]
)
def test_json_has_several_names(doors: Doors, kind: str) -> None:
    headers = {"Content-Type": kind, "Content-Encoding": "identity"}
    assert doors.answer("POST", "tasks", content=b'{"title": "a"}', headers=headers).status_code == 201


def test_no_type_is_needed_where_there_is_no_body(doors: Doors) -> None:
    doors.do("tasks", id="tsk_1", title="x")
    assert doors.answer("POST", "tasks/tsk_1/queue", headers={"Content-Type": "text/plain"}).status_code == 200


@pytest.mark.parametrize(
    "body", [b'{"title": "a", "title": "b"}', b'{"title": "a", "metadata": {"a": 1, "b": 2, "a": 3}}']
)
def test_a_name_that_occurs_twice_is_refused(doors: Doors, body: bytes) -> None:
    answer = doors.answer("POST", "tasks", content=body, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
    assert "occurs twice" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    ["events", "feed", "health", "status", "errors", "openapi.json", "tasks/tsk_1", "tasks/tsk_1/events", "projects"],
)
def test_a_name_that_nobody_knows_is_refused(doors: Doors, path: str) -> None:
    assert doors.refused("GET", path, params={"limi": 3}) == (400, "VALIDATION_ERROR")


def test_a_name_in_the_query_of_a_command_is_refused_too(doors: Doors) -> None:
    refusal = doors.refused("POST", "tasks", json={"title": "x"}, params={"dry_run": 1})
    assert refusal == (400, "VALIDATION_ERROR")
    assert doors.ledger.head() == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "places"),
    [
        ("GET", "feed?after=soon", None, {("after",)}),
        ("GET", "tasks/tsk_1?at=soon", None, {("at",)}),
        ("GET", "tasks?project_id=prj_1&limit=0", None, {("limit",)}),
        ("POST", "tasks", {"metadata": 3, "labels": ["ok", 5]}, {("title",), ("metadata",), ("labels", 1)}),
        ("POST", "tasks", {"title": "x", "str": 1}, {("str",)}),
    ],
)
def test_an_error_names_its_place_and_nothing_of_ours(
    doors: Doors, method: str, path: str, body: Any, places: set[tuple[Any, ...]]
) -> None:
    errors = doors.answer(method, path, json=body).json()["errors"]
    assert {tuple(one["loc"]) for one in errors} == places
    assert all(not one["msg"].startswith("Value error") for one in errors)


class TestActor:
    """X-Actor is kept for ever, so it is read as it was meant, or refused."""

    @pytest.mark.parametrize("name", ["user:☃", "user:José", "agent:agt_1", "import", "user:ann lee"])
    def test_it_is_utf_8(self, doors: Doors, name: str) -> None:
        doors.answer("POST", "tasks", json={"title": "x"}, headers={"X-Actor": name.encode()})
        [row] = doors.ledger.read(0, 1)
        assert row.actor == name

    def test_what_is_no_utf_8_is_latin_1(self, doors: Doors) -> None:
        doors.answer("POST", "tasks", json={"title": "x"}, headers={"X-Actor": "user:José".encode("latin-1")})
        assert doors.ledger.read(0, 1)[0].actor == "user:José"

    @pytest.mark.parametrize(
        "value",
        [b"user:", b"user:\x1b[31mX", b"user:\x7f", b"user:a\tb", b"user:\xc2\x9b", b"nobody:x", b"", b"u" * 201],
    )
    def test_one_without_a_name_or_with_a_control_character_is_refused(self, doors: Doors, value: bytes) -> None:
        refusal = doors.refused("POST", "tasks", json={"title": "x"}, headers={"X-Actor": value})
        assert refusal == (400, "VALIDATION_ERROR")
        assert doors.ledger.head() == 0

    @pytest.mark.parametrize("value", [b"", b"a\x1bb", b"\xc2\x9b", b"k" * 201])
    def test_a_key_has_no_control_character_either(self, doors: Doors, value: bytes) -> None:
        refusal = doors.refused("POST", "tasks", json={"title": "x"}, headers={"Idempotency-Key": value})
        assert refusal == (400, "VALIDATION_ERROR")


def test_the_schema_is_made_once_and_while_others_are_served(
    memory: Workledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, go_on = threading.Event(), threading.Event()
    made = App.openapi

    def slowly(app: App) -> dict[str, Any]:
        entered.set()
        assert go_on.wait(60)
        return made(app)

    monkeypatch.setattr(App, "openapi", slowly)
    with Doors(memory, create_app(memory)) as doors:
        answers: list[Any] = []
        asking = threading.Thread(target=lambda: answers.append(doors.answer("GET", "openapi.json")))
        asking.start()
        assert entered.wait(60)
        assert doors.answer("GET", "health").status_code == 200
        go_on.set()
        asking.join(60)
    assert answers[0].json()["openapi"].startswith("3.1")


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_moment_that_has_no_year_in_utc_is_refused(all_doors: Doors, moment: str) -> None:
    for path, name in (
        ("tool-calls", "date_from"),
        ("sessions", "date_to"),
        ("commits", "date_to"),
        ("tasks/tsk_1", "at"),
        ("agent-runs/run_1/tool-calls", "at"),
    ):
        answer = all_doors.answer("GET", path, params={name: moment})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR"), path
        assert "between the years 1 and 9999" in answer.json()["detail"]
    forged = Cursor(
        sort="created_at", order="desc", filters=_hash(SESSIONS.table, {}), sort_value=(moment,), id="ses_1"
    )
    assert all_doors.refused("GET", "sessions", params={"cursor": str(forged)}) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("number", [0, -1, -(2**63), 2**53 + 1])
def test_a_number_that_nothing_has_is_refused(all_doors: Doors, number: int) -> None:
    all_doors.do("projects", id="prj_1", name="Atlas")
    all_doors.do("agents", id="agt_1", name="ann", project_id="prj_1")
    refusal = all_doors.refuses("agents/agt_1/start-session", session_number=number, agent_run_id="run_1")
    assert refusal in ((400, "VALIDATION_ERROR"), (409, "CONCURRENCY_CONFLICT"))
    refusal = all_doors.refuses("agents/agt_1/logs", session_number=number, content="x")
    assert refusal == (400, "VALIDATION_ERROR")


def test_a_body_that_is_too_large_is_called_a_body(doors: Doors) -> None:
    headers = JSON | {"Content-Length": str(LARGEST_BODY + 1)}
    answer = doors.answer("POST", "tasks", content=b"{}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.json()["detail"] == f"The body has {LARGEST_BODY + 1} bytes; the limit is {LARGEST_BODY}."
