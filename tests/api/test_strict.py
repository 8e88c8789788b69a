"""Requests are taken as they are meant, or refused: their types, their names, and who they say that asks."""

import gzip
import threading
from typing import Any

import pytest

from support.http_client import Doors
from workledger import Workledger
from workledger.api.app import App, create_app

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
