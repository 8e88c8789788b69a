"""An app of ours in somebody else's: it works though nobody runs its lifespan, and can be stopped by who does."""

import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from fastapi import FastAPI

import workledger
from support.http_client import Doors
from support.serving import following
from workledger import Workledger
from workledger.api.app import create_app, running, service_of


@pytest.fixture
def mounted(memory: Workledger) -> Iterator[FastAPI]:
    """A foreign app that mounts ours and knows nothing of lifespans."""
    ours, foreign = create_app(memory), FastAPI()
    foreign.mount("/ledger", ours)
    yield foreign
    service_of(ours).stop()


def test_it_starts_on_first_use(memory: Workledger, mounted: FastAPI) -> None:
    with Doors(memory, mounted, prefix="/ledger/api") as doors:
        doors.do("projects", id="prj_1", name="Atlas")
        assert doors.see("projects/prj_1")["name"] == "Atlas"
        assert doors.see("projects")["items"][0]["id"] == "prj_1"


def test_its_addresses_are_those_under_which_it_is_mounted(memory: Workledger, mounted: FastAPI) -> None:
    with Doors(memory, mounted, prefix="/ledger/api") as doors:
        answer = doors.answer("POST", "projects", json={"id": "prj_1", "name": "Atlas"})
        assert answer.headers["Location"] == "/ledger/api/projects/prj_1"
        problem = doors.answer("GET", "projects/prj_9").json()
        assert doors.client.get(problem["type"]).json()["code"] == "PROJECT_NOT_FOUND"
        page = doors.client.get("/ledger", follow_redirects=True)
        assert page.url.path == "/ledger/"
        assert "nonce-" in page.headers["Content-Security-Policy"]


def test_its_refusals_stay_its_own(memory: Workledger, mounted: FastAPI) -> None:
    with Doors(memory, mounted, prefix="") as doors:
        assert doors.answer("GET", "nothing").json() == {"detail": "Not Found"}
        assert doors.refused("GET", "ledger/api/nothing") == (404, "NOT_FOUND")
        assert doors.refused("GET", "ledger/api/projects", headers={"Host": "evil.example"}) == (
            403,
            "HOST_NOT_ALLOWED",
        )


def test_an_app_around_it_may_run_it_in_its_own_lifespan(memory: Workledger) -> None:
    ours = create_app(memory)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(ours):
            yield

    foreign = FastAPI(lifespan=lifespan)
    foreign.mount("/ledger", ours)
    with Doors(memory, foreign, prefix="/ledger/api") as doors:
        assert service_of(ours).loop is not None, "before the first request"
        doors.do("projects", id="prj_1", name="Atlas")
        doors.see("projects/prj_1")
    assert service_of(ours).loop is None
    assert "workledger-projector" not in {thread.name for thread in threading.enumerate()}


def test_the_feed_ends_when_a_plain_uvicorn_is_told_to_stop(
    memory: Workledger, mounted: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uvicorn waits for open answers before it ends any lifespan: the feed looks for itself."""
    server = uvicorn.Server(uvicorn.Config(mounted, port=0, log_level="warning"))
    monkeypatch.setattr("signal.getsignal", lambda number: server.handle_exit)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with following(f"http://127.0.0.1:{port}/ledger") as feed:
        next(feed)
        server.should_exit = True
        assert [frame.event for frame in feed] == ["bye"]
    thread.join(timeout=60)
    assert not thread.is_alive()


def test_two_ledgers_can_be_mounted_side_by_side(memory: Workledger, sqlite_url: str) -> None:

    with workledger.open(sqlite_url) as other:
        foreign = FastAPI()
        apps = {"/a": create_app(memory), "/b": create_app(other)}
        for path, app in apps.items():
            foreign.mount(path, app)
        with Doors(memory, foreign, prefix="/a/api") as one, Doors(other, foreign, prefix="/b/api") as two:
            one.do("projects", id="prj_1", name="Atlas")
            assert len(one.see("projects")["items"]) == 1
            assert len(two.see("projects")["items"]) == 0
        for app in apps.values():
            service_of(app).stop()
