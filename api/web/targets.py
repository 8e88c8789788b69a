"""The target of a request: in either of its forms, and with what is encoded inside a segment kept inside it.

A server decodes the whole path, so an id with a slash would fall apart into two segments. Here the path is decoded
segment by segment, and a slash in one is a stand-in until the route is chosen. Then `whole_ids` puts it back.
"""

import re
from urllib.parse import quote, unquote

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

SLASH = "\udc2f"
"""Stands for a slash inside a segment. It is half a character, so no path that a server decodes has it."""

ABSOLUTE = re.compile(r"^https?://(?P<authority>[^/?#]*)(?P<path>/.*)?$", re.IGNORECASE)

UNRESERVED = "/:@!$&'()*+,;=~"
"""What a path may have as it is (RFC 3986, 3.3)."""


class Targets:
    """Middleware in front of everything that looks at the path or at the host."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if not scope["path"].startswith("/"):
                scope = _relative(scope)
            if b"%2" in scope.get("raw_path", b"") and of_the_api(scope):
                scope = {**scope, "path": _by_segment(scope)}
        await self.app(scope, receive, send)


def whole_ids(request: HTTPConnection) -> None:
    """To be called before the parameters of a route are read."""
    parameters = request.scope["path_params"]
    for name, value in parameters.items():
        if isinstance(value, str) and SLASH in value:
            parameters[name] = value.replace(SLASH, "/")


def encoded(path: str) -> str:
    """A path of a scope, as it stands in a URL."""
    return "%2F".join(quote(part, safe=UNRESERVED) for part in path.split(SLASH))


def below(scope: Scope) -> str:
    """The path below the one where the app is mounted."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    inside = path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/")
    return path[len(root) :] if inside else path


def of_the_api(scope: Scope) -> bool:
    """Whether it is a path of the API, and not of the page."""
    return f"{below(scope)}/".startswith("/api/")


def segment(text: str) -> str:
    """A text as one segment of a path."""
    return quote(text, safe="")


def _relative(scope: Scope) -> Scope:
    """A request for `http://host/path` is one for that path at that host, whatever Host says (RFC 9112, 3.2.2)."""
    found = ABSOLUTE.match(scope["path"])
    if found is None:
        return scope
    host = found["authority"].encode("latin-1", "replace")
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    raw = ABSOLUTE.match(scope.get("raw_path", b"").decode("latin-1"))
    return {
        **scope,
        "path": found["path"] or "/",
        "raw_path": ((raw and raw["path"]) or "/").encode("latin-1"),
        "headers": [(b"host", host), *headers],
    }


def _by_segment(scope: Scope) -> str:
    """The path with the stand-in for each slash that was encoded; unchanged when somebody else has rewritten it."""
    path: str = scope["path"]
    raw = scope["raw_path"].decode("latin-1")
    once = unquote(raw)
    if path not in (once, unquote(once)):  # clients for tests decode twice
        return path
    return "/".join(unquote(part).replace("/", SLASH) for part in raw.split("/"))
