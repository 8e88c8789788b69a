"""Conditional reads: what a client has already, by its ETag, is not sent again (RFC 9110, 13.1.2)."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = ("cache-control", "date", "etag", "vary", "x-content-type-options", "x-position")
"""Headers of a 304."""


class Conditional:
    """Middleware: a GET with `If-None-Match` is answered with 304 when the answer has one of those tags."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = Headers(scope=scope).get("if-none-match") if scope["type"] == "http" else None
        if known is None or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        same = False

        async def unless_known(message: Message) -> None:
            nonlocal same
            if message["type"] == "http.response.start" and message["status"] == 200:
                headers = Headers(raw=message.get("headers", []))
                same = matches(known, headers.get("etag"))
                if same:
                    kept = [(name, value) for name, value in headers.raw if name.decode("latin-1").lower() in KEPT]
                    message = {**message, "status": 304, "headers": kept}
            elif same and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, unless_known)


def matches(known: str, tag: str | None) -> bool:
    """Whether a tag is one of those of an If-None-Match; weak tags are compared as strong ones."""
    if tag is None:
        return False
    tags = {one.strip().removeprefix("W/") for one in known.split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
