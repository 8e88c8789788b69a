"""An app's own resources: answered under /api beside ours, whether they are given or added later."""

from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.websockets import WebSocket, WebSocketDisconnect

from support.http_client import Doors
from workledger import NotFound, Refused, Workledger
from workledger.http import TheLedger, create_app

router = APIRouter(prefix="/notes", tags=["notes"])


class NoteNotFound(NotFound):
    """There is no such note."""

    code = "NOTE_NOT_FOUND"


class NoteSealed(Refused):
    """The note is sealed."""

    code = "NOTE_SEALED"


class NoteTooOld(Refused):
    """The note is too old."""

    code = "NOTE_TOO_OLD"
    status = 410


@router.get("")
def notes(ledger: TheLedger) -> dict[str, Any]:
    return {"head": ledger.head()}


@router.get("/{id}")
def note(id: str) -> None:
    raise {"sealed": NoteSealed, "old": NoteTooOld}.get(id, NoteNotFound)(id=id)


@pytest.fixture
def app(memory: Workledger) -> FastAPI:
    return create_app(memory, routers=[router])


def test_they_are_answered_beside_ours(memory: Workledger, app: FastAPI) -> None:
    with Doors(memory, app) as doors:
        assert doors.see("notes") == {"head": 0}
        assert doors.see("projects")["items"] == []


@pytest.mark.parametrize(
    ("id", "status", "code"),
    [("none", 404, "NOTE_NOT_FOUND"), ("sealed", 409, "NOTE_SEALED"), ("old", 410, "NOTE_TOO_OLD")],
)
def test_their_refusals_have_the_status_of_their_class(
    memory: Workledger, app: FastAPI, id: str, status: int, code: str
) -> None:
    with Doors(memory, app) as doors:
        assert doors.refused("GET", f"notes/{id}") == (status, code)


def test_routes_that_are_added_later_are_answered_too(memory: Workledger) -> None:
    """It fails when the page is mounted at the root, where it takes all that comes after it."""
    app = create_app(memory)
    app.include_router(router, prefix="/api")

    @app.websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("here")
        await socket.close()

    with Doors(memory, app) as doors:
        assert doors.see("notes") == {"head": 0}
        assert doors.refused("POST", "notes") == (405, "METHOD_NOT_ALLOWED")
        with doors.client.websocket_connect("/echo") as connection:
            assert connection.receive_text() == "here"


def test_what_no_route_answers_is_a_file_of_the_page_or_a_problem(memory: Workledger, app: FastAPI) -> None:
    with Doors(memory, app) as doors:
        assert doors.client.get("/icon.svg").headers["content-type"] == "image/svg+xml"
        assert doors.refused("GET", "nothing") == (404, "NOT_FOUND")
        assert doors.refused("GET", "notes/") == (404, "NOT_FOUND")
        with pytest.raises(WebSocketDisconnect), doors.client.websocket_connect("/nothing"):
            pass
