"""A proxy before PostgreSQL, as an unreliable network would be: it can lose a statement, its answer, or its time."""

import selectors
import shutil
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

EXECUTE = b"B"
"""How a call of a prepared statement begins, on the wire."""
READY = b"Z\x00\x00\x00\x05I"
"""How an answer ends: the server is ready, and idle."""


class Fault(Enum):
    """What happens to a call. But for the first, the client's connection is cut."""

    NONE = auto()
    ANSWER_LOST = auto()
    """The server has carried it out and answered."""
    REQUEST_LOST = auto()
    """The server never hears of it."""
    REQUEST_LATE = auto()
    """The server hears of it when `deliver` is called, on a connection that it still has open."""
    UNDERWAY = auto()
    """The server is at it, and its connection stays open."""


class Proxy:
    """Passes on what clients and the server at `url` say to each other; clients reach it at its own `url`."""

    def __init__(self, url: str) -> None:
        self.folder = tempfile.mkdtemp(prefix="workledger-proxy-", dir="/tmp")
        self.url = make_url(url).update_query_dict({"host": self.folder}).render_as_string(hide_password=False)
        self.faults: deque[Fault] = deque()
        self.struck = threading.Event()
        self._server = conninfo_to_dict(url)
        self._late: list[tuple[socket.socket, bytes]] = []
        self._open: list[socket.socket] = []
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self.folder) / ".s.PGSQL.5432"))
        self._listening.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def next(self, *faults: Fault) -> None:
        """Let that happen to the next calls; `struck` says when it has."""
        self.struck.clear()
        self.faults.extend(faults)

    def deliver(self) -> None:
        """Pass on what is late, and wait until the server has answered, or hung up."""
        for server, call in self._late:
            with suppress(OSError):
                server.sendall(call)
                _answer(server)

    def refuse(self) -> None:
        """Take no more connections."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def close(self) -> None:
        with suppress(OSError):
            self.refuse()
        for one in self._open:
            one.close()
        shutil.rmtree(self.folder)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = self._reach()
                self._open += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()

    def _reach(self) -> socket.socket:
        host, port = str(self._server.get("host", "localhost")), str(self._server.get("port", 5432))
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)))
        reached = socket.socket(socket.AF_UNIX)
        reached.connect(f"{host}/.s.PGSQL.{port}")
        return reached

    def _pass_on(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as waiting, suppress(OSError):
            waiting.register(client, selectors.EVENT_READ, server)
            waiting.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in waiting.select():
                    said = key.fileobj.recv(1 << 20)  # type: ignore[union-attr]
                    if not said:
                        _hang_up(client, server)
                        return
                    is_call = key.fileobj is client and said.startswith(EXECUTE)
                    fault = self.faults.popleft() if is_call and self.faults else Fault.NONE
                    if fault is not Fault.NONE:
                        self._strike(fault, client, server, said)
                        return
                    key.data.sendall(said)

    def _strike(self, fault: Fault, client: socket.socket, server: socket.socket, call: bytes) -> None:
        match fault:
            case Fault.ANSWER_LOST:
                server.sendall(call)
                _answer(server)
                _hang_up(server)
            case Fault.REQUEST_LOST:
                _hang_up(server)
            case Fault.REQUEST_LATE:
                self._late.append((server, call))
            case Fault.UNDERWAY:
                server.sendall(call)
        if not self.faults:
            self.struck.set()
        _hang_up(client)


def _answer(server: socket.socket) -> None:
    heard = b""
    while not heard.endswith(READY):
        said = server.recv(1 << 20)
        if not said:
            return
        heard += said


def _hang_up(*sockets: socket.socket) -> None:
    for one in sockets:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def between(url: str) -> Iterator[Proxy]:
    """A proxy before the server of that URL."""
    proxy = Proxy(url)
    try:
        yield proxy
    finally:
        proxy.close()
