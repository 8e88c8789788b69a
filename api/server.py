"""The server: uvicorn on a loopback address, which ends the live feeds before it waits for open answers."""

import socket

import uvicorn
from fastapi import FastAPI

from workledger.api.app import service_of
from workledger.api.protocol import Protocol
from workledger.api.web.guard import is_loopback
from workledger.domain.kernel.refusals import Forbidden

GRACE_SECONDS = 5


class AddressNotAllowed(Forbidden):
    """There is no authentication yet, so only loopback addresses such as 127.0.0.1 are served, not {host!r}."""

    code = "ADDRESS_NOT_ALLOWED"


class Server(uvicorn.Server):
    """Serves an app of `create_app`.

    `run()` serves until a signal comes, or until `should_exit` is set; `started` says that it listens.

    Args:
        port: 0 takes a free one, which `port` then says once it has `started`.

    Raises:
        AddressNotAllowed: ADDRESS_NOT_ALLOWED, the host is not a loopback address.
    """

    def __init__(self, app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000, log_level: str = "warning") -> None:
        if not is_loopback(host):
            raise AddressNotAllowed(host=host)
        self._service = service_of(app)
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                http=Protocol,
                ws="none",
                log_level=log_level,
                timeout_graceful_shutdown=GRACE_SECONDS,
                proxy_headers=False,
                server_header=False,
            )
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        listening = (sock for server in self.servers for sock in server.sockets)
        return int(next(listening).getsockname()[1]) if self.started else self.config.port

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.tail.end()
        await super().shutdown(sockets)
