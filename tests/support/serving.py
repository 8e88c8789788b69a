"""A real server in a thread, and a reader of its live feed."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
from fastapi import FastAPI

from workledger.api.server import Server


@dataclass(frozen=True)
class Frame:
    """What came over the feed: an event, or a comment as `: …`."""

    event: str
    id: int | None = None
    data: Any = None


class Serving:
    """A server that listens, and that can be stopped."""

    def __init__(self, app: FastAPI) -> None:
        self.server = Server(app, port=0)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()


@contextmanager
def serving(app: FastAPI) -> Iterator[Serving]:
    server = Serving(app)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def following(url: str, headers: dict[str, str] | None = None, **query: Any) -> Iterator[Iterator[Frame]]:
    """The frames of a feed, as they come, until it ends."""
    with httpx2.stream("GET", f"{url}/api/feed", params=query, headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield frames(answer.iter_lines())


def frames(lines: Iterator[str]) -> Iterator[Frame]:
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line.startswith(":"):
            yield Frame(line)
        elif line:
            fields[name] = value
        elif "event" in fields:
            id = fields.get("id")
            yield Frame(fields["event"], int(id) if id else None, orjson.loads(fields["data"]))
            fields = {}
        else:
            fields = {}


def events(followed: Iterator[Frame], count: int) -> list[Frame]:
    """The next so many frames that are events."""
    found: list[Frame] = []
    while len(found) < count:
        frame = next(followed)
        if not frame.event.startswith(":"):
            found.append(frame)
    return found
