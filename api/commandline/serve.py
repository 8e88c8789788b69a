"""`workledger serve`: the HTTP API and the page, on this machine only, until Ctrl-C or SIGTERM."""

import asyncio
import ipaddress
import logging
import signal
import socket
from collections.abc import Callable
from typing import Annotated, Any

import typer

from workledger import Workledger
from workledger.api.commandline.console import print_line
from workledger.api.commandline.database import Database, opened
from workledger.api.commandline.sentences import say
from workledger.domain.refusals import Refused

HOST = "127.0.0.1"
PORT = 8420
TRIED = 50
"""Ports after the wanted one that `free_port` looks at."""
GRACE_SECONDS = 2
"""What requests under way are given to end, feeds included."""

Host = Annotated[str, typer.Option(help="A loopback address.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")]


class NotLoopback(Refused):
    """{host} is not a loopback address; keys that let others in are not there yet, so leave --host as it is."""

    code = "HOST_NOT_LOOPBACK"


class PortTaken(Refused):
    """Port {port} is taken; give another one with --port."""

    code = "PORT_TAKEN"


def serve(
    db: Database = None,
    host: Host = HOST,
    port: Port = PORT,
    project: Annotated[
        bool, typer.Option("--project/--no-project", help="Keep the read tables up, or leave it to a projector.")
    ] = True,
) -> None:
    """Serve the HTTP API and the page on this machine."""
    listener = bound(host, port)
    with opened(db) as ledger:
        run(ledger, listener, project=project, started=lambda url: print_line(f"Serving {url} (Ctrl-C stops)"))
    say("Stopped.")


def bound(host: str, port: int) -> socket.socket:
    """A socket at that address, before anything else is done.

    Raises:
        NotLoopback: others could reach it.
        PortTaken: somebody else listens there.
    """
    address = ipaddress.ip_address(HOST) if host == "localhost" else _loopback(host)
    made = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((str(address), port))
        made.listen()
    except OSError:
        made.close()
        raise PortTaken(port=port) from None
    return made


def bound_nearby(port: int) -> socket.socket:
    """A socket at that port, or at the next one that is free."""
    for tried in range(port, min(port + TRIED, 65535)):
        try:
            return bound(HOST, tried)
        except PortTaken:
            say(f"Port {tried} is taken; trying the next one.")
    return bound(HOST, 0)


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        raise NotLoopback(host=host) from None
    if not address.is_loopback:
        raise NotLoopback(host=host)
    return address


def run(ledger: Workledger, listener: socket.socket, *, project: bool, started: Callable[[str], None]) -> None:
    """Serve the ledger on a bound socket until a signal comes.

    Args:
        started: called with the URL once requests are answered.
    """
    import uvicorn  # a second that the other commands need not wait for

    from workledger.api.app import create_app

    config = uvicorn.Config(
        create_app(ledger, project=project), log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS
    )
    server = uvicorn.Server(config)

    def stop(*_: Any) -> None:
        server.should_exit = True

    async def serve() -> None:
        task = asyncio.create_task(server.serve([listener]))
        while not (server.started or task.done()):
            await asyncio.sleep(0.01)
        if server.started:
            started(_url(listener))
        await task

    logging.getLogger("uvicorn.error").addFilter(lambda record: not record.getMessage().startswith("Cancel "))
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        asyncio.run(serve())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
