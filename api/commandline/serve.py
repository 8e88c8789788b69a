"""`workledger serve`: the HTTP API and the board, on this machine only, until Ctrl-C or SIGTERM."""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workledger import Workledger
from workledger.adapters.redaction import redact_secrets
from workledger.adapters.redaction.scanner import installed, scanner
from workledger.adapters.simulation.live import simulated
from workledger.api.app import create_app
from workledger.api.commandline.apps import find_app
from workledger.api.commandline.console import note, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.options import AppName, Database
from workledger.api.commandline.react import Dispatch, reacting
from workledger.api.server import AddressNotAllowed, Server
from workledger.api.web.guard import is_loopback
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.follow.worker_loop import WorkerLoop

if TYPE_CHECKING:
    from fastapi import APIRouter

HOST = "127.0.0.1"
PORT = 8420
PORTS = 50
"""Ports that `listen_nearby` tries."""

SIMULATED = "Simulated agents"
"""The label of a board whose agents are simulated."""

Host = Annotated[str, typer.Option(help="The loopback address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")]


class PortTaken(Refused):
    """Port {port} is in use; give another one with --port."""

    code = "PORT_TAKEN"


def serve(
    db: Database = None,
    app: AppName = None,
    host: Host = HOST,
    port: Port = PORT,
    project: Annotated[
        bool,
        typer.Option("--project/--no-project", help="Keep the read tables up to date, as `workledger project` does."),
    ] = True,
    policies: Annotated[
        bool, typer.Option("--policies/--no-policies", help="Run the policies, as `workledger react` does.")
    ] = False,
    dispatch: Dispatch = False,
    redact: Annotated[
        bool,
        typer.Option("--redact/--no-redact", help="Take secrets from what is recorded over HTTP."),
    ] = True,
) -> None:
    """Serve the HTTP API and the board on this machine, until Ctrl-C."""
    if redact:
        installed()
        Thread(target=scanner, name="workledger-secrets", daemon=True).start()  # loads its rules, for the first command
    with (
        listen(host, port) as listener,
        open_ledger(db, app, create=True, redact=redact_secrets if redact else None) as ledger,
        reacting(ledger, dispatch=dispatch) if policies or dispatch else nullcontext() as reactor,
    ):
        run(
            ledger,
            listener,
            routers=found.routers if (found := find_app(app)) else (),
            project=project,
            watch=[reactor] if reactor else [],
            started=lambda url: print_line(f"Serving {url} (press Ctrl-C to stop)"),
        )
    note("Stopped.")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at that address.

    Raises:
        AddressNotAllowed: ADDRESS_NOT_ALLOWED, other machines could reach it.
        PortTaken: PORT_TAKEN, the port is in use.
    """
    if not is_loopback(host):
        raise AddressNotAllowed(host=host)
    address = HOST if host.endswith("localhost") else host
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # asyncio sends small answers at once (TCP_NODELAY) only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen()
    except OSError:
        listener.close()
        raise PortTaken(port=port) from None
    return listener


def listen_nearby(port: int) -> socket.socket:
    """A socket that listens at that port, or at the next one that is free."""
    for tried in range(port, min(port + PORTS, 65535)):
        try:
            return listen(HOST, tried)
        except PortTaken:
            note(f"Port {tried} is in use; trying the next one.")
    return listen(HOST, 0)


def run(
    ledger: Workledger,
    listener: socket.socket,
    *,
    routers: Sequence["APIRouter"] = (),
    project: bool = True,
    watch: Sequence[WorkerLoop] = (),
    started: Callable[[str], None],
) -> None:
    """Serve the ledger on a listening socket until SIGINT or SIGTERM.

    Args:
        project: keep the read tables up to date.
        watch: loops that `/api/health` watches too.
        started: called with the URL once requests are answered.
    """
    label = SIMULATED if simulated(ledger) else None
    server = Server(
        create_app(ledger, routers=routers, project=project, simulated=label is not None, label=label, watch=watch)
    )

    def stop(*_: Any) -> None:
        server.should_exit = True

    async def serve() -> None:
        task = asyncio.create_task(server.serve([listener]))
        while not (server.started or task.done()):
            await asyncio.sleep(0.01)
        if server.started:
            started(_url(listener))
        await task

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        asyncio.run(serve())
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
