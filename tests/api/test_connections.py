"""Connections: half requests are given up, who leaves is not written to, and odd ones leave no trace in the log."""

import logging
import socket
import struct
import time
from collections.abc import Iterator

import pytest

from support.serving import Serving, following, serving
from workledger import Workledger
from workledger.api import protocol
from workledger.api.app import create_app
from workledger.domain.task import Task


@pytest.fixture
def served(memory: Workledger) -> Iterator[Serving]:
    with serving(create_app(memory, heartbeat=0.1)) as server:
        yield server


def connected(served: Serving) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.server.port), timeout=30)


def answered(served: Serving, request: bytes) -> bytes:
    """All that comes until the connection is closed."""
    with connected(served) as connection:
        connection.sendall(request)
        found = b""
        while part := connection.recv(65536):
            found += part
    return found


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET /api/health HTTP/1.1\r\nHost: 127.0.0.1\r\n",
        b"POST /api/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
    ],
    ids=["nothing", "headers", "body"],
)
def test_half_a_request_is_given_up(served: Serving, half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.2)
    assert b" 200 " not in answered(served, half)


def test_a_request_that_came_whole_is_answered_as_long_as_it_takes(
    served: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "REQUEST_SECONDS", 0.2)
    with following(served.url) as feed:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            next(feed)


def test_who_leaves_the_feed_while_it_is_sending_leaves_no_trace_in_the_log(
    served: Serving, memory: Workledger, caplog: pytest.LogCaptureFixture
) -> None:
    with memory.unit() as unit:
        for number in range(4000):
            unit.create(Task.create(title=f"T{number}", description="x" * 500))
    for _ in range(10):
        with connected(served) as leaving:
            leaving.sendall(b"GET /api/feed?after=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            read = 0
            while read < 400_000:
                read += len(leaving.recv(65536))
            reset = struct.pack("ii", 1, 0)
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
    with following(served.url, after=0) as feed:
        next(feed)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_who_asks_for_a_web_socket_is_told_that_there_is_none(
    served: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = (
        b"GET /api/feed/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nConnection: close\r\n\r\n"
    )
    assert b" 404 " in answered(served, upgrade)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        (b"http://127.0.0.1:8000/api/health", b"127.0.0.1", b" 200 "),
        (b"HTTP://localhost/api/health", b"evil.example", b" 200 "),
        (b"http://evil.example/api/health", b"127.0.0.1", b" 403 "),
        (b"http://127.0.0.1/api/tasks/a%2Fb", b"127.0.0.1", b" 404 "),
        (b"ftp://127.0.0.1/api/health", b"127.0.0.1", b" 404 "),
        (b"*", b"127.0.0.1", b" 404 "),
    ],
)
def test_a_target_may_name_the_host(served: Serving, target: bytes, host: bytes, status: bytes) -> None:
    """As proxies ask (RFC 9112, 3.2.2); the host in Host is no matter then."""
    request = b"GET " + target + b" HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
    assert status in answered(served, request).partition(b"\r\n")[0]
