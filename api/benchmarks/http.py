"""HTTP: how long small answers take on connections that are kept alive, and how many commands a second are taken."""

import http.client
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from itertools import count, cycle
from typing import Any

import orjson

from workledger.adapters.redaction import redact_secrets
from workledger.api.benchmarks import http_servers
from workledger.api.benchmarks.command_callers import PROJECT, Ours
from workledger.api.benchmarks.commands import SIDE_BY_SIDE, rate
from workledger.api.benchmarks.figures import LIMIT, OURS, PLAIN, Figures, Rounds, percentile
from workledger.api.benchmarks.processes import MeasuringFailed
from workledger.api.benchmarks.setting import Setting
from workledger.api.tasks import TASKS, with_edges
from workledger.api.web.rows import with_state
from workledger.domain.task import Task
from workledger.projections.engine.tables import ReadTables

CLIENTS = 16
"""Connections that ask at once."""

KNOWN = 100
"""Tasks."""

PAGE = 50
MOST = 200
"""Requests of one kind in a round."""

SETTLE_SECONDS, IDLE_SECONDS = 5.0, 20.0
"""After the last request, and for which it is measured what nothing costs."""

JSON = {"Content-Type": "application/json"}

Ask = Callable[[], object]


def http_requests(setting: Setting) -> Figures:
    """Milliseconds of single requests, and requests a second of sixteen clients, `events` of each kind at most.

    `plain` is an endpoint of FastAPI that does nothing, `limit` what the library itself takes for the same, secrets
    taken out as the service does.
    """
    figures, rounds = Figures({"benchmark": "http"}), Rounds()
    with setting.place() as place:
        figures.about |= place.about()
        library = Ours(place.url, redact=redact_secrets)
        tasks = [library.create() for _ in range(KNOWN)]
        library.ledger.catch_up()
        with http_servers.ours(place.url) as (port, process), http_servers.empty() as other:
            for turn in range(setting.rounds):
                setting.progress(turn, setting.rounds, "rounds")
                for who, at in ((OURS, port), (PLAIN, other)):
                    for case, value in _asked(at, tasks, min(setting.events, MOST)):
                        rounds.add(case, who, value)
                for case, value in _called(library, tasks, min(setting.events, MOST)):
                    rounds.add(case, LIMIT, value)
            setting.progress(setting.rounds, setting.rounds, "rounds")
            for case, value in _idle(process):
                rounds.add(case, OURS, value)
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
    turn, tables = cycle(tasks), library.ledger.tables.as_text()
    yield from _percentiles("GET health", library.ledger.head, most)
    yield from _percentiles("GET a task", lambda: _shown(tables, next(turn)), most)
    asked = TASKS.model().model_validate({"project_id": PROJECT, "limit": PAGE})
    yield from _percentiles(f"GET {PAGE} tasks", lambda: TASKS.page(tables, asked), most)
    yield from _percentiles("POST a command", lambda: library.edit(next(turn)), most)
    edits: list[Ask] = [lambda: library.edit(next(turn))] * SIDE_BY_SIDE
    yield f"POST, {CLIENTS} clients", rate(edits, most * CLIENTS)


def _shown(tables: ReadTables, id: str) -> dict[str, Any]:
    """What a task is answered with."""
    row = TASKS.by_id(tables, id)
    assert row is not None
    return {**with_state(Task, row), **with_edges(tables, row)}


def _idle(process: int) -> Iterator[tuple[str, float]]:
    """The share of a core that a service takes which nobody asks anything, where the system says it."""
    with suppress(OSError):
        time.sleep(SETTLE_SECONDS)
        before = _processor_seconds(process)
        time.sleep(IDLE_SECONDS)
        yield "idle, % of a core", (_processor_seconds(process) - before) / IDLE_SECONDS * 100


def _processor_seconds(process: int) -> float:
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _percentiles(case: str, ask: Ask, most: int) -> Iterator[tuple[str, float]]:
    ask()
    taken = []
    for _ in range(most):
        started = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - started) * 1000)
    for share in (50, 99):
        yield f"{case}, p{share} ms", percentile(taken, share)
