"""Methods: HEAD is answered as GET is, without the body, OPTIONS by what there is, and Allow names all of it."""

from collections.abc import Sequence

from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

Headers = dict[str, str]


class Methods:
    """Middleware before the routes, which answer HEAD and OPTIONS themselves only where they say so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("HEAD", "OPTIONS"):
            await self.app(scope, receive, send)
            return
        routes = scope["app"].router.routes
        if _matches(routes, scope, scope["method"]):
            await self.app(scope, receive, send)
        elif scope["method"] == "HEAD":
            await _without_body(self.app, scope, receive, send)
        elif there := allowed(routes, scope):
            await Response(status_code=204, headers={"Allow": ", ".join(there)})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def allowed(routes: Sequence[BaseRoute], scope: Scope) -> list[str]:
    """The methods that are answered at the path of a request; none when there is nothing."""
    found = [method for method in METHODS if _matches(routes, scope, method)]
    if "GET" in found:
        found.insert(1, "HEAD")
    return [*found, "OPTIONS"] if found else []


def _matches(routes: Sequence[BaseRoute], scope: Scope, method: str) -> bool:
    asked = {**scope, "method": method}
    return any(route.matches(asked)[0] is Match.FULL for route in routes)


async def _without_body(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer as GET would. What streams its answer is told that the client has gone, once the headers are sent."""
    done = False

    async def received() -> Message:
        return {"type": "http.disconnect"} if done else await receive()

    async def bodiless(message: Message) -> None:
        nonlocal done
        if message["type"] == "http.response.start":
            await send(message)
        elif not done:
            done = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    await app({**scope, "method": "GET"}, received, bodiless)
