"""Rebuilding: all the read tables made anew from the log, beside a loop that only reads and the stock runner."""

import time
from collections.abc import Callable
from itertools import islice

from workledger.adapters import bootstrap
from workledger.adapters.bootstrap import Workledger
from workledger.api.benchmarks import chunks, reading, workload
from workledger.api.benchmarks.figures import LIMIT, OURS, STOCK, Figures, Rounds
from workledger.api.benchmarks.filling import fill
from workledger.api.benchmarks.processes import Line, Part, apart, peak_megabytes
from workledger.api.benchmarks.setting import SEED, Place, Setting
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.state.progress import Progress

CASE, MEMORY = "rebuild", "rebuild, peak MB"
STOCK_EVENTS = 5_000
"""Events that the stock runner takes in at each round."""

ONCE = 2_000_000
"""Logs of so many events are rebuilt once."""

Report = Callable[[int, int], None]
"""(position, target)"""


def rebuild_all(ledger: Workledger, report: Report, group: str | None = None) -> None:
    """Make all the read tables anew in one pass, as `workledger rebuild` does, or those of one group."""
    groups = [one for one in ledger.projector.groups if group in (None, one.name)]

    def on_progress(progress: Progress) -> None:
        report(progress.position, progress.target)

    Rebuild(ledger.store, ledger.tables, groups, on_progress=on_progress).run()


def rebuild(setting: Setting) -> Figures:
    """Events a second of rebuilding everything from `events` events, and how much memory that took."""
    figures, rounds = Figures({"benchmark": "rebuild", "events": setting.events}), Rounds()
    with setting.place() as place:
        figures.about |= place.about()
        fill(place, workload.rows(SEED, setting.events, setting.progress))
        stock = _stock(place, setting)
        for turn in range(setting.rounds if setting.events < ONCE else 1):
            seconds, peak = rebuilt(place, None, setting, f"rebuild {turn + 1}")
            rounds.add(CASE, OURS, setting.events / seconds)
            rounds.add(MEMORY, OURS, peak)
            rounds.add(CASE, LIMIT, setting.events / apart(reading.seconds, place))
            if stock:
                rounds.add(CASE, STOCK, stock())
    rounds.into(figures)
    chunks.measure(setting, figures, rebuilt)
    return figures


def rebuilt(place: Place, group: str | None, setting: Setting, note: str) -> tuple[float, float]:
    """Seconds and peak memory of a process that rebuilds all the tables there, or those of one group."""
    part = Part(_rebuild, place.url, group)
    try:
        while len(said := part.hear()) == 3:
            setting.progress(said[1], said[2], note)
        return said[0], said[1]
    finally:
        part.end()


def _rebuild(line: Line, url: str, group: str | None) -> None:
    def report(position: int, target: int) -> None:
        line.say(("so far", position, target))

    with bootstrap.open(url) as ledger:
        started = time.perf_counter()
        rebuild_all(ledger, report, group)
        line.say((time.perf_counter() - started, peak_megabytes()))


def _stock(place: Place, setting: Setting) -> Callable[[], float] | None:
    """Events a second of the stock runner, which is there for PostgreSQL only."""
    if not place.postgres:
        setting.remark("The stock ProjectionRunner is left out: it cannot follow SQLite.")
        return None
    try:
        from workledger.api.benchmarks import stock_runner
    except ModuleNotFoundError as missing:
        setting.remark(f"The stock ProjectionRunner is left out: {missing.name} is not installed.")
        return None
    rows = list(islice(workload.rows(SEED, setting.events), STOCK_EVENTS))
    return lambda: len(rows) / apart(stock_runner.caught_up, place.url, rows)
