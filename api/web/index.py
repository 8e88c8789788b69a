"""The index of the routes of the API: they are found by the first segment of their path, not one after the other."""

from collections import defaultdict
from collections.abc import Iterable

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from workledger.api.web.targets import below

API = "/api/"


class Index(BaseRoute):
    """Stands before the routes that it knows. What it does not find is looked for as ever.

    Args:
        included: routers, each with the route that leads to it in the app.
    """

    def __init__(self, included: Iterable[tuple[APIRouter, BaseRoute]]) -> None:
        self._found: dict[str, list[BaseRoute]] = defaultdict(list)
        for router, route in included:
            for first in {_first(one.path) for one in router.routes if isinstance(one, Route)}:
                self._found[first].append(route)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = below(scope)
        if path.startswith(API):
            for route in self._found.get(_first(path.removeprefix(API)), ()):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return match, {**found, "indexed": route}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: BaseRoute = scope["indexed"]
        await route.handle(scope, receive, send)


def _first(path: str) -> str:
    return path.strip("/").partition("/")[0]
