"""Ids of any kind: what came from elsewhere is opened, changed and listed at an address that keeps it whole."""

import http.client
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from fastapi import FastAPI

from support.http_client import Doors
from support.serving import serving
from workledger import Workledger
from workledger.api.app import create_app, service_of
from workledger.domain.project import Project
from workledger.domain.project.events import ProjectCreated
from workledger.domain.task import Task
from workledger.domain.task.card_events import TaskCreated

FOREIGN = [
    "with blanks in it",
    "a/b//c/",
    "tasks/x/events",
    "a#b?c=d&e",
    "50%",
    "%2F%41",
    "ä-задача-🐝",
    "x" * 90,
    "a;b,c:d@e",
    '<"\\>`',
    "events",
]


def record(ledger: Workledger, id: str) -> None:
    """As an importer does, for whom the limits of commands do not hold."""
    with ledger.unit() as unit:
        unit.record(Project, f"p {id}", [ProjectCreated(name=id[:50])])
        unit.record(Task, id, [TaskCreated(title="From elsewhere", project_id=f"p {id}", rank="V")])


@pytest.fixture(params=["/api", "/ledger/api", "/büro 1/api"])
def anywhere(request: pytest.FixtureRequest, memory: Workledger) -> Iterator[Doors]:
    """The API at the root, or mounted in another app."""
    prefix = request.param.removesuffix("/api")
    ours = create_app(memory)
    app = ours
    if prefix:
        app = FastAPI()
        app.mount(prefix, ours)
    with Doors(memory, app, prefix=quote(prefix) + "/api") as doors:
        yield doors
    service_of(ours).stop()


@pytest.mark.parametrize("id", FOREIGN)
def test_it_can_be_opened_and_changed(anywhere: Doors, id: str) -> None:
    record(anywhere.ledger, id)
    address = f"tasks/{quote(id, safe='')}"
    assert anywhere.see(address)["id"] == id
    assert anywhere.see(f"{address}/events")["items"][0]["stream_id"] == f"task-{id}"
    assert anywhere.see(address, at=2)["title"] == "From elsewhere"
    assert anywhere.do(f"{address}/change-details", title="Changed")["id"] == id
    assert [row["id"] for row in anywhere.see("tasks", project_id=f"p {id}")["items"]] == [id]
    assert anywhere.see("events", task_id=id)["items"][0]["tags"]["task"] == id
    board = anywhere.see(f"projects/{quote(f'p {id}', safe='')}/board")
    assert [card["title"] for card in board["columns"][0]["tasks"]] == ["Changed"]
    assert anywhere.do(f"{address}/delete")["version"] == 3


@pytest.mark.parametrize("id", ["задача-1", "é", "task'1", "a!b$c"])
def test_the_answer_to_what_began_leads_to_it(anywhere: Doors, id: str) -> None:
    answer = anywhere.answer("POST", "tasks", json={"id": id, "title": "Write it"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201
    assert answer.headers["Location"].isascii()
    opened = anywhere.client.get(answer.headers["Location"], params={"min_position": answer.json()["position"]})
    assert opened.json()["id"] == id
    again = anywhere.answer("POST", "tasks", json={"id": id, "title": "Write it"}, headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.headers["Location"]) == (201, answer.headers["Location"])


def test_an_address_of_dots_is_kept_by_clients_that_keep_it(memory: Workledger) -> None:
    """Browsers do not: they take %2E for a dot, and the dots for a step up (WHATWG URL, double-dot segments)."""
    for id in (".", ".."):
        with memory.unit() as unit:
            unit.record(Task, id, [TaskCreated(title=f"Dots {id}", project_id=None, rank="V")])
    with serving(create_app(memory)) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.server.port, timeout=60)
        for id in (".", ".."):
            connection.request("GET", f"/api/tasks/{id.replace('.', '%2E')}?min_position=2")
            answer = connection.getresponse()
            assert (answer.status, f"Dots {id}".encode() in answer.read()) == (200, True)
        connection.close()


def test_a_path_that_another_layer_has_rewritten_is_taken_as_it_is(memory: Workledger) -> None:
    record(memory, "plain")
    ours = create_app(memory)

    class Rewriting:
        async def __call__(self, scope, receive, send):  # type: ignore[no-untyped-def]
            await ours({**scope, "path": "/api/tasks/plain", "raw_path": b"/rewritten%20"}, receive, send)

    app = FastAPI()
    app.mount("/", Rewriting())
    with Doors(memory, app) as doors:
        assert doors.answer("GET", "whatever", params={"min_position": 2}).json()["id"] == "plain"
    service_of(ours).stop()
