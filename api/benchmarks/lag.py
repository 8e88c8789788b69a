"""Lag: from the moment an append has returned until its event is in a read table, at 500 events a second."""

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from typing import Any

from workledger.adapters import bootstrap
from workledger.api.benchmarks import lag_ours, workload
from workledger.api.benchmarks.figures import LIMIT, OURS, STOCK, Figures, Rounds, percentile
from workledger.api.benchmarks.processes import Line, MeasuringFailed, Part
from workledger.api.benchmarks.setting import SEED, Place, Setting
from workledger.domain.kernel.envelope import Row

RATE = 500.0
"""Events a second, evenly."""

WARM_UP = 250
"""Events at the beginning of each round that are not counted, in which everything is done for the first time."""

Seen = list[tuple[int, float]]
"""Positions, and the moments at which they had come to be seen."""

Append = Callable[[Row], tuple[int, float]]
"""Stores one event; its position, and when the append had returned."""


def lag(setting: Setting) -> Figures:
    """Percentiles in milliseconds, one writer and one projecting process, all rounds together `events` long."""
    figures, rounds = Figures({"benchmark": "lag", "events": setting.events, "events/s": RATE}), Rounds()
    rows = workload.rows(SEED, setting.events, setting.progress)
    with setting.place() as place:
        figures.about |= place.about()
        bootstrap.open(place.url).close()
        contestants = {OURS: (lag_ours.writing, lag_ours.follow), **_peers(place, setting)}
        for turn in range(setting.rounds):
            setting.progress(turn, setting.rounds, "rounds")
            story = list(islice(rows, max(setting.events // setting.rounds, 1)))
            for who, (writing, following) in contestants.items():
                lags = _measured(place, writing, following, story)
                for share in (50, 99):
                    rounds.add(f"lag p{share} ms", who, percentile(lags, share) * 1000)
        setting.progress(setting.rounds, setting.rounds, "rounds")
    rounds.into(figures)
    return figures


def _peers(place: Place, setting: Setting) -> dict[str, Any]:
    if not place.postgres:
        from workledger.api.benchmarks import lag_limit_sqlite

        setting.remark("The stock ProjectionRunner is left out: it cannot follow SQLite.")
        lag_limit_sqlite.lay(place)
        return {LIMIT: (lag_limit_sqlite.writing, lag_limit_sqlite.follow)}
    from workledger.api.benchmarks import lag_limit_postgres

    lag_limit_postgres.lay(place)
    found: dict[str, Any] = {LIMIT: (lag_limit_postgres.writing, lag_limit_postgres.follow)}
    try:
        from workledger.api.benchmarks import stock_runner
    except ModuleNotFoundError as missing:
        setting.remark(f"The stock ProjectionRunner is left out: {missing.name} is not installed.")
        return found
    return {STOCK: (stock_runner.writing, stock_runner.follow), **found}


def _measured(place: Place, writing: Callable[[str], Append], following: Any, story: Sequence[Row]) -> list[float]:
    follower = Part(following, place.url)
    writer = Part(_write, partial(writing, place.url), story)
    try:
        follower.hear()
        writer.hear()
        time.sleep(0.5)
        writer.say("go")
        written: Seen = writer.hear()
        follower.say(written[-1][0])
        seen: Seen = follower.hear()
    finally:
        writer.end()
        follower.end()
    positions = [position for position, _ in seen]
    if not seen or positions[-1] < written[-1][0]:
        raise MeasuringFailed(reason="the read tables do not come up with the log")
    counted = written[min(WARM_UP, len(written) // 5) :]
    return [max(seen[bisect_left(positions, position)][1] - at, 0) for position, at in counted]


def _write(line: Line, opened: Callable[[], Append], story: Sequence[Row]) -> None:
    append, written = opened(), Seen()
    line.say("ready")
    line.hear()
    begin = time.monotonic()
    for number, row in enumerate(story):
        time.sleep(max(begin + number / RATE - time.monotonic(), 0))
        written.append(append(row))
    line.say(written)
