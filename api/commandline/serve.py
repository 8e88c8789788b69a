"""`workledger serve`: the HTTP API and the page, on this machine only, until Ctrl-C or SIGTERM."""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workledger import Workledger
from workledger.adapters.simulation.live import simulated
from workledger.api.commandline.apps import find_app
from workledger.api.commandline.console import print_line
from workledger.api.commandline.database import AppName, Database, opened
from workledger.api.commandline.policies import Dispatch, reacting
from workledger.api.commandline.sentences import say
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.follow.worker_loop import WorkerLoop

if TYPE_CHECKING:
    from fastapi import APIRouter

HOST = "127.0.0.1"
PORT = 8420
TRIED = 50
"""Ports after the wanted one that `bound_nearby` looks at."""
SIMULATED = "Simulated agents"
"""What the board says of a simulation."""

Host = Annotated[str, typer.Option(help="A loopback address.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="0 takes any that is free.")]


class PortTaken(Refused):
    """Port {port} is taken; give another one with --port."""

    code = "PORT_TAKEN"


def serve(
    db: Database = None,
    app: AppName = None,
    host: Host = HOST,
    port: Port = PORT,
    project: Annotated[
        bool, typer.Option("--project/--no-project", help="Keep the read tables up, or leave it to a projector.")
    ] = True,
    policies: Annotated[
        bool, typer.Option("--policies/--no-policies", help="Run the policies too; see react.")
    ] = False,
    dispatch: Dispatch = False,
) -> None:
    """Serve the HTTP API and the page on this machine."""
    with (
        bound(host, port) as listener,
        opened(db, app) as ledger,
        reacting(ledger, dispatch=dispatch) if policies or dispatch else nullcontext() as reactor,
    ):
        run(
            ledger,
            listener,
            routers=find_app(app).routers,
            project=project,
            watch=[reactor] if reactor else [],
            started=lambda url: print_line(f"Serving {url} (Ctrl-C stops)"),
        )
    say("Stopped.")


def bound(host: str, port: int) -> socket.socket:
    """A socket at that address, before anything else is done.

    Raises:
        AddressNotAllowed: others could reach it.
        PortTaken: somebody else listens there.
    """
    from workledger.api.server import AddressNotAllowed
    from workledger.api.web.guard import is_loopback

    if not is_loopback(host):
        raise AddressNotAllowed(host=host)
    address = HOST if host.endswith("localhost") else host
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind((address, port))
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


def run(
    ledger: Workledger,
    listener: socket.socket,
    *,
    routers: Sequence["APIRouter"] = (),
    project: bool = True,
    watch: Sequence[WorkerLoop] = (),
    started: Callable[[str], None],
) -> None:
    """Serve the ledger on a bound socket until a signal comes.

    Args:
        routers: resources of an app.
        watch: loops whose health is that of the service.
        started: called with the URL once requests are answered.
    """
    from workledger.api.app import create_app
    from workledger.api.server import Server

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
