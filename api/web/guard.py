"""The guard at the door: only this machine's names as Host, only our own pages as Origin, no overlong bodies.

A page elsewhere can make a browser on this machine send requests here, and can rename itself to 127.0.0.1 (DNS
rebinding): what such requests say in Host and Origin gives them away.
"""

import ipaddress
import re
from collections.abc import Iterable

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workledger.api.web import problems
from workledger.domain.kernel.refusals import Forbidden, InvalidInput, PayloadTooLarge, Refused

LARGEST_BODY = 5 * 1024 * 1024
"""Bytes (AgentPane's limit, domain.md 4.3)."""

HOST = re.compile(r"^(?:\[(?P<address>[^\[\]]*)\]|(?P<name>[^:\[\]]*))(?::\d*)?$")


class HostNotAllowed(Forbidden):
    """Workledger answers under the names of this machine only, not as {host}."""

    code = "HOST_NOT_ALLOWED"


class OriginNotAllowed(Forbidden):
    """Workledger answers its own pages only, not those of {origin}."""

    code = "ORIGIN_NOT_ALLOWED"


class Guard:
    """Middleware in front of everything.

    Args:
        hosts: names it may be called by beside those of this machine; an app that mounts it answers for them.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self.app, self.hosts = app, frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
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
            PayloadTooLarge: it says that its body is too large.
            InvalidInput: there is a zero character in the query.
        """
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if not (is_loopback(host_name(host)) or host_name(host) in self.hosts):
            raise HostNotAllowed(host=host)
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != host:
            raise OriginNotAllowed(origin=origin)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            raise PayloadTooLarge(topic="of the request", size=length, limit=LARGEST_BODY)
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
