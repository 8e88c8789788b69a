"""The guard at the door: only this machine's names as Host, only our own pages as callers, no overlong bodies.

A page elsewhere can make a browser on this machine send requests here, and can rename itself to 127.0.0.1 (DNS
rebinding): what such requests say in Host, Origin and Sec-Fetch-Site gives them away.
"""

import ipaddress
import re
from collections.abc import Iterable

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workledger.api.web import problems
from workledger.api.web.targets import of_the_api
from workledger.domain.kernel.refusals import Forbidden, InvalidInput, PayloadTooLarge, Refused

LARGEST_BODY = 5 * 1024 * 1024
"""Bytes (AgentPane's limit, domain.md 4.3)."""

HOST = re.compile(r"^(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::\d*)?$")

OURS = (None, "none", "same-origin")
"""What Sec-Fetch-Site says of requests by our own pages, by hand, and by what is no browser."""


class HostNotAllowed(Forbidden):
    """Workledger answers under the names of this machine only, not as {host}."""

    code = "HOST_NOT_ALLOWED"


class OriginNotAllowed(Forbidden):
    """Workledger answers its own pages only, not those of {origin}."""

    code = "ORIGIN_NOT_ALLOWED"


class BodyTooLarge(PayloadTooLarge):
    """The body has {size} bytes; the limit is {limit}."""


class Guard:
    """Middleware in front of everything.

    Args:
        hosts: names, as `named` gives them, that it may be called by beside those of this machine, at any port; an app
            that mounts it answers for them.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self.app, self.hosts = app, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _with_its_type(send)
        try:
            self.check(scope)
        except Refused as refused:
            await problems.refused(Request(scope), refused)(scope, receive, send)
            return
        await self.app(scope, limited(receive), send)

    def check(self, scope: Scope) -> None:
        """
        Raises:
            HostNotAllowed, OriginNotAllowed: it is from elsewhere.
            BodyTooLarge: it says that its body is too large.
            InvalidInput: there is a zero character in the query.
        """
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not (is_loopback(host_name(host)) or host_name(host) in self.hosts):
            raise HostNotAllowed(host=host)
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host:
            raise OriginNotAllowed(origin=origin)
        if headers.get("sec-fetch-site") not in OURS and not _may_come_from_elsewhere(scope, headers):
            raise OriginNotAllowed(origin="another site")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length[:20]) > LARGEST_BODY:
            raise BodyTooLarge(size=length[:20], limit=LARGEST_BODY)
        if b"%00" in scope.get("query_string", b""):
            raise InvalidInput(summary="query: there is a zero character in it")


def limited(receive: Receive) -> Receive:
    """What is received, until it is more than a body may have."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise HTTPException(413, f"The body has more than {LARGEST_BODY} bytes.")
        return message

    return counted


def named(hosts: Iterable[str]) -> frozenset[str]:
    """The names of hosts, without their ports.

    Raises:
        InvalidInput: one is no name or address.
    """
    found = {host: host_name(host.strip().lower()) for host in hosts}
    for host, name in found.items():
        if not name:
            raise InvalidInput(summary=f"hosts: a name such as board.example.org, not {host!r}")
    return frozenset(found.values())


def host_name(host: str) -> str:
    """The name or address in a Host header, without its port; nothing when it is none."""
    found = HOST.match(host)
    return (found["address"] or found["name"] or "") if found else ""


def is_loopback(name: str) -> bool:
    """Whether that is this machine, as it calls itself."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _may_come_from_elsewhere(scope: Scope, headers: Headers) -> bool:
    """Files of the page, and links that a person follows; not what another page loads without being seen."""
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return scope["method"] in ("GET", "HEAD") and (followed or not of_the_api(scope))


def _with_its_type(send: Send) -> Send:
    """An answer that browsers take for nothing else than it says."""

    async def typed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=list(message.get("headers", ())))
            headers.setdefault("X-Content-Type-Options", "nosniff")
            message = {**message, "headers": headers.raw}
        await send(message)

    return typed
