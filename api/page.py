"""The board page: static files, and the index with a nonce of its own each time it is fetched."""

import secrets
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from workledger.api.web.targets import of_the_api

FOLDER = Path(__file__).parent / "static"

POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; worker-src 'self'; style-src 'self'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Files(StaticFiles):
    """Files that browsers ask about before they use them again, as the next release may have others."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            await super().get_response(path, {**scope, "method": "GET"})  # 404 where there is no such file
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "Cache-Control": "no-cache"})
        return response


def install(app: FastAPI, folder: Path = FOLDER) -> None:
    """Serve the page at the app's root: where no route answers, also of those that are added later.

    Paths of the API are none of its: what is not there is answered as the API answers.
    """
    index, files, not_found = folder / "index.html", Files(directory=folder), app.router.default

    def page() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        headers = {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce), "Cache-Control": "no-store"}
        return HTMLResponse(index.read_text(encoding="utf-8").replace("{{nonce}}", nonce), headers=headers)

    for path in ("/", "/index.html"):
        app.add_api_route(path, page, methods=["GET"], include_in_schema=False)

    async def otherwise(scope: Scope, receive: Receive, send: Send) -> None:
        is_file = scope["type"] == "http" and not of_the_api(scope)
        await (files if is_file else not_found)(scope, receive, send)

    app.router.default = otherwise
