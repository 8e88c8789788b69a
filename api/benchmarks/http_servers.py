"""Servers to ask: `workledger serve`, and an app of FastAPI that does nothing; each in a process of its own."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from workledger.api.benchmarks.processes import Line, MeasuringFailed, Part


@contextmanager
def ours(url: str) -> Iterator[tuple[int, int]]:
    """The port of `workledger serve` during the block, and the id of its process."""
    command = [sys.executable, "-m", "workledger.api.commandline.cli", "serve", "--port", "0", "--db", url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("Serving "):
            raise MeasuringFailed(reason="the service does not start")
        yield int(line.split()[1].rpartition(":")[2]), process.pid
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def empty() -> Iterator[int]:
    """The port of the least that answers: two endpoints, each with a constant."""
    part = Part(_serve)
    try:
        yield part.hear()
    finally:
        part.end()


def _serve(line: Line) -> None:
    server = uvicorn.Server(uvicorn.Config(_app(), host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    line.say(server.servers[0].sockets[0].getsockname()[1])
    thread.join()


def _app() -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/{path:path}")
    async def get(path: str) -> dict[str, bool]:
        return {"ok": True}

    @app.post("/{path:path}")
    async def post(path: str, body: dict[str, str]) -> dict[str, bool]:
        return {"ok": True}

    return app
