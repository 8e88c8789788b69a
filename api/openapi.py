"""The schema of the API (OpenAPI 3.1), as machines read it."""

import threading

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

from workledger.api.web.answers import Json
from workledger.api.web.strict import StrictRoute

router = APIRouter(tags=["service"], route_class=StrictRoute)

_making = threading.Lock()


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> Response:
    """Made when it is first asked for, in a thread: it takes a second, in which others are served."""
    app: FastAPI = request.app
    with _making:
        schema = app.openapi()
    root = request.scope.get("root_path", "").rstrip("/")
    return Json({**schema, "servers": [{"url": root}]} if root else schema)
