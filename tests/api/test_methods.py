"""Methods: the API answers for its own paths, wherever it is mounted; HEAD is GET without a body, Allow names all."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from support.http_client import Doors
from support.serving import Serving, serving
from workledger import Workledger
from workledger.api.app import create_app, service_of


@pytest.fixture(params=["", "/ledger"])
def anywhere(request: pytest.FixtureRequest, memory: Workledger) -> Iterator[Doors]:
    """The app at the root, or mounted in another."""
    ours = create_app(memory)
    app = ours
    if request.param:
        app = FastAPI()
        app.mount(request.param, ours)
    with Doors(memory, app, prefix=request.param + "/api") as doors:
        doors.do("projects", id="prj_1", name="Atlas")
        yield doors
    service_of(ours).stop()


@pytest.mark.parametrize(
    "path", ["health", "projects/prj_1", "projects/prj_1/board", "events", "openapi.json", "nothing"]
)
def test_head_answers_as_get_does_without_a_body(anywhere: Doors, path: str) -> None:
    got, head = anywhere.answer("GET", path), anywhere.answer("HEAD", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["content-length"] == got.headers["content-length"]


def test_head_opens_no_feed(anywhere: Doors) -> None:
    answer = anywhere.answer("HEAD", "feed")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("tasks", "GET, HEAD, POST, OPTIONS"),
        ("projects/prj_1", "GET, HEAD, OPTIONS"),
        ("tasks/x/queue", "POST, OPTIONS"),
        ("agent-runs/x/tool-calls", "GET, HEAD, OPTIONS"),
    ],
)
def test_other_methods_are_refused_and_allow_names_those_there_are(anywhere: Doors, path: str, allowed: str) -> None:
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - set(allowed.split(", ")):
        answer = anywhere.answer(method, path)
        assert (answer.status_code, answer.headers["Allow"]) == (405, allowed), method
        assert answer.headers["content-type"] == "application/problem+json"
    options = anywhere.answer("OPTIONS", path)
    assert (options.status_code, options.headers["Allow"], options.content) == (204, allowed, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["nope", "tasks/x/frobnicate", "", "tasks/"])
def test_what_is_not_there_is_not_found_with_any_method(anywhere: Doors, method: str, path: str) -> None:
    answer = anywhere.answer(method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_files_of_the_page_are_read_and_nothing_else(doors: Doors) -> None:
    for path in ("/", "/index.html", "/icon.svg"):
        assert doors.client.head(path).status_code == 200
        refused = doors.client.post(path)
        assert (refused.status_code, "GET, HEAD" in refused.headers["Allow"]) == (405, True)
    assert doors.client.post("/nothing.svg").status_code == 404


class TestOfAServer:
    """What a client of a real server sees."""

    @pytest.fixture
    def served(self, memory: Workledger) -> Iterator[Serving]:
        with serving(create_app(memory)) as server:
            yield server

    def test_connections_stay_open_after_head_and_options(self, served: Serving) -> None:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=60)
        for method, path, status in (
            ("HEAD", "/api/feed", 200),
            ("OPTIONS", "/api/tasks", 204),
            ("HEAD", "/api/tasks/x", 404),
            ("GET", "/api/health", 200),
        ):
            connection.request(method, path)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status, path
        connection.close()
