"""Commands: what an app waits for when it creates, loads and changes tasks, alone, in threads and in processes."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from itertools import cycle, islice
from typing import Any

from workledger.adapters import bootstrap
from workledger.api.benchmarks.command_callers import Appending, Caller, Open, Ours, Stock
from workledger.api.benchmarks.figures import LIMIT, OURS, STOCK, Figures, Rounds
from workledger.api.benchmarks.processes import Line, Part
from workledger.api.benchmarks.setting import Place, Setting

SIDE_BY_SIDE = 8
"""Threads, and processes, that call at once."""

TASKS = 50
"""Different tasks of each of them."""

CHANGES = 5
"""Changes of a task that is loaded."""

TOGETHER = 10
"""Tasks of one unit."""

SECONDS = 1.0
"""How long a round lasts."""

TABLES_ARE_MADE = {"CREATE_TABLE": "n"}
"""Processes of the stock Application that make its tables at one moment get in each other's way."""

LEAD = 0.05
"""Seconds between the signal to processes and the start."""

Call = Callable[[], object]


def commands(setting: Setting) -> Figures:
    """Calls a second, of `events` at most for each case; units of ten and the append alone count as one call."""
    figures, rounds = Figures({"benchmark": "commands"}), Rounds()
    with setting.place() as place:
        figures.about |= place.about()
        bootstrap.open(place.url).close()
        openers = _openers(place, setting)
        callers = {who: opened() for who, opened in openers.items()}
        openers = _openers(place, setting, **TABLES_ARE_MADE)
        for turn in range(setting.rounds):
            setting.progress(turn, setting.rounds, "rounds")
            for who in _turn(list(callers), turn):
                for case, rate in _rates(callers[who], who, setting.events):
                    rounds.add(case, who, rate)
                # Those of one at a time: of all together, a server of the usual size has no connections left.
                with closing(Processes(openers[who])) as processes:
                    rounds.add(f"edit, {SIDE_BY_SIDE} processes", who, processes.rate(setting.events))
        setting.progress(setting.rounds, setting.rounds, "rounds")
    rounds.into(figures)
    return figures


def _openers(place: Place, setting: Setting, **stock: str) -> Mapping[str, Open]:
    """What opens each caller.

    Args:
        stock: more of the environment of the stock Application.
    """
    found: dict[str, Open] = {OURS: partial(Ours, place.url), LIMIT: partial(Appending, place.url)}
    if not place.postgres:
        environment = {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": str(place.folder / "stock.db")}
        return found | {STOCK: partial(Stock, environment | stock)}
    try:
        from workledger.api.benchmarks.stock_runner import environment as postgres_environment
    except ModuleNotFoundError as missing:
        setting.remark(f"The stock Application is left out: {missing.name} is not installed.")
        return found
    return found | {STOCK: partial(Stock, postgres_environment(place.url) | stock)}


def _turn(names: list[str], turn: int) -> list[str]:
    """Who begins changes from round to round."""
    at = turn % len(names)
    return names[at:] + names[:at]


def _rates(caller: Caller, who: str, most: int) -> Iterator[tuple[str, float]]:
    """Each case, and its rate."""
    several = [[caller.create() for _ in range(TASKS)] for _ in range(SIDE_BY_SIDE)]
    ids = cycle(several[0])
    if who != LIMIT:
        yield "create", rate([caller.create], most)
        for id in several[0]:
            for _ in range(CHANGES):
                caller.edit(id)
        yield "get", rate([lambda: caller.get(next(ids))], most)
        yield "hot task", rate([lambda: caller.edit(several[0][0])], most)
    yield "edit", rate([lambda: caller.edit(next(ids))], most)
    yield f"unit of {TOGETHER}", rate([lambda: caller.edit_all(list(islice(ids, TOGETHER)))], most)
    yield f"edit, {SIDE_BY_SIDE} threads", rate([_editing(caller, own) for own in several], most)


def _editing(caller: Caller, ids: Sequence[Any]) -> Call:
    turn = cycle(ids)
    return lambda: caller.edit(next(turn))


def rate(calls: Sequence[Call], most: int, begin: float | None = None) -> float:
    """Calls a second, each of them over and over in a thread of its own, until SECONDS or the most calls are over."""
    for call in calls:
        call()
    begin = time.monotonic() if begin is None else begin
    done: list[tuple[int, float]] = []

    def repeat(call: Call) -> None:
        time.sleep(max(begin - time.monotonic(), 0))
        number = 0
        while number < max(most // len(calls), 1) and time.monotonic() - begin < SECONDS:
            call()
            number += 1
        done.append((number, time.monotonic()))

    if len(calls) == 1:
        repeat(calls[0])
    else:
        threads = [threading.Thread(target=repeat, args=(call,)) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(number for number, _ in done) / (max(at for _, at in done) - begin)


class Processes:
    """As many processes as threads, each with a caller of its own; they end with `close`."""

    def __init__(self, opened: Open) -> None:
        self._parts = [Part(_call, opened) for _ in range(SIDE_BY_SIDE)]
        for part in self._parts:
            part.hear()

    def rate(self, most: int) -> float:
        """Edits a second of all of them."""
        begin = time.monotonic() + LEAD
        for part in self._parts:
            part.say((most // len(self._parts), begin))
        return float(sum(part.hear() for part in self._parts))

    def close(self) -> None:
        for part in self._parts:
            with suppress(OSError):
                part.end()


def _call(line: Line, opened: Open) -> None:
    caller = opened()
    edit = _editing(caller, [caller.create() for _ in range(TASKS)])
    edit()
    line.say("ready")
    while True:
        most, begin = line.hear()
        line.say(rate([edit], most, begin))
