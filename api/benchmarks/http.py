"""HTTP: how long small answers take on connections that are kept alive, and how many commands a second are taken."""

import http.client
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from itertools import count, cycle
from typing import Any

import orjson

from workledger.api.benchmarks import http_servers
from workledger.api.benchmarks.command_callers import PROJECT, Ours
from workledger.api.benchmarks.commands import SIDE_BY_SIDE, rate
from workledger.api.benchmarks.figures import LIMIT, OURS, PLAIN, Figures, Rounds, percentile
from workledger.api.benchmarks.processes import MeasuringFailed
from workledger.api.benchmarks.setting import Setting

CLIENTS = 16
"""Connections that ask at once."""

TASKS = 100
PAGE = 50
MOST = 200
"""Requests of one kind in a round."""

JSON = {"Content-Type": "application/json"}

Ask = Callable[[], object]


def http_requests(setting: Setting) -> Figures:
    """Milliseconds of single requests, and requests a second of sixteen clients, `events` of each kind at most.

    `plain` is an endpoint of FastAPI that does nothing, `limit` what the library itself takes for the same.
    """
    figures, rounds = Figures({"benchmark": "http"}), Rounds()
    with setting.place() as place:
        figures.about |= place.about()
        library = Ours(place.url)
        tasks = [library.create() for _ in range(TASKS)]
        library.ledger.catch_up()
        with http_servers.ours(place.url) as port, http_servers.empty() as other:
            for turn in range(setting.rounds):
                setting.progress(turn, setting.rounds, "rounds")
                for who, at in ((OURS, port), (PLAIN, other)):
                    for case, value in _asked(at, tasks, min(setting.events, MOST)):
                        rounds.add(case, who, value)
                for case, value in _called(library, tasks, min(setting.events, MOST)):
                    rounds.add(case, LIMIT, value)
            setting.progress(setting.rounds, setting.rounds, "rounds")
    rounds.into(figures)
    return figures


class Client:
    """One connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def post(self, path: str, body: dict[str, Any]) -> bytes:
        return self._ask("POST", path, orjson.dumps(body))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        self._connection.request(method, path, body, JSON if body else {})
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 300:
            raise MeasuringFailed(reason=f"{method} {path} was answered with {answer.status}")
        return read


def _asked(port: int, tasks: Sequence[str], most: int) -> Iterator[tuple[str, float]]:
    turn, titles = cycle(tasks), count()

    def rename(by: Client) -> bytes:
        return by.post(f"/api/tasks/{next(turn)}/change-details", {"title": f"Renamed {time.time_ns()}-{next(titles)}"})

    with closing(Client(port)) as client:
        yield from _percentiles("GET health", lambda: client.get("/api/health"), most)
        yield from _percentiles("GET a task", lambda: client.get(f"/api/tasks/{next(turn)}"), most)
        path = f"/api/tasks?project_id={PROJECT}&limit={PAGE}"
        yield from _percentiles(f"GET {PAGE} tasks", lambda: client.get(path), most)
        yield from _percentiles("POST a command", lambda: rename(client), most)
    with ExitStack() as stack:
        clients = [stack.enter_context(closing(Client(port))) for _ in range(CLIENTS)]
        yield f"POST, {CLIENTS} clients", rate([partial(rename, one) for one in clients], most * CLIENTS)


def _called(library: Ours, tasks: Sequence[str], most: int) -> Iterator[tuple[str, float]]:
    turn = cycle(tasks)
    yield from _percentiles("GET health", library.ledger.head, most)
    yield from _percentiles("GET a task", lambda: library.get(next(turn)), most)
    yield from _percentiles("POST a command", lambda: library.edit(next(turn)), most)
    edits: list[Ask] = [lambda: library.edit(next(turn))] * SIDE_BY_SIDE
    yield f"POST, {CLIENTS} clients", rate(edits, most * CLIENTS)


def _percentiles(case: str, ask: Ask, most: int) -> Iterator[tuple[str, float]]:
    ask()
    taken = []
    for _ in range(most):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    for share in (50, 99):
        yield f"{case}, p{share} ms", percentile(taken, share)
