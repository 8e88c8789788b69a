"""`workledger bench`: appends, rebuilds, lag and queries, measured beside the peers and the limit in one run."""

from collections.abc import Callable
from typing import Annotated

import typer

from workledger.api.benchmarks.append import append as appended
from workledger.api.benchmarks.figures import Figures
from workledger.api.benchmarks.lag import lag as lagged
from workledger.api.benchmarks.query import query as queried
from workledger.api.benchmarks.rebuild import rebuild as rebuilt
from workledger.api.benchmarks.setting import ROUNDS, Setting
from workledger.api.commandline.console import bars, interruptible, print_json, print_table
from workledger.api.commandline.sentences import say

app = typer.Typer(help="Measure this machine and a database, beside the peers and the limit.")


def _given(context: typer.Context, value: str | None) -> str | None:
    given: str | None = value or context.find_root().params.get("db")
    return given


MOST = 100_000_000
"""Events that a benchmark takes: some hundred gigabytes."""

Beside = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        callback=_given,
        help="A database beside this one is measured, and dropped afterwards; else a new SQLite file.",
    ),
]
Events = Annotated[int, typer.Option("--events", metavar="N", min=1, max=MOST, help="How much data there is.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Of which the median is told.")]
Json = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


@app.command("append")
def append(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Append to a log of N events: one at a time, by one writer and by eight, and a hundred at a time."""
    _measured(appended, db, events, rounds, json)


@app.command("rebuild")
def rebuild(db: Beside = None, events: Events = 100_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Rebuild all the read tables from N events, and the agents' logs from chunks of 2 KB."""
    _measured(rebuilt, db, events, rounds, json)


@app.command("lag")
def lag(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Append N events, 500 a second, and see how long it takes until each is in the read tables."""
    _measured(lagged, db, events, rounds, json)


@app.command("query")
def query(db: Beside = None, events: Events = 100_000, json: Json = False) -> None:
    """Ask for boards, histories and logs among N commits, N / 10 tasks and 2 N chunks, and among a tenth of that."""
    _measured(queried, db, events, 1, json)


def _measured(measure: Callable[[Setting], Figures], db: str | None, events: int, rounds: int, json: bool) -> None:
    with interruptible("Interrupted; what was made for it is gone."), bars() as progress:
        figures = measure(Setting(events, db, rounds, progress, say))
    if json:
        print_json(figures.told())
        return
    ratios = {(one["case"], one["to"]): f"{one['value']:g} times" for one in figures.ratios()}
    columns = {"case": "left", "who": "left", "value": "right", "unit": "left", "workledger's is": "right"}
    rows = [
        (one.case, one.who, _spelled(one.value), one.unit, ratios.get((one.case, one.who), "")) for one in figures.rows
    ]
    print_table(columns, list(rows))
    say("Of events and rows a second more is better; of ms, MB and times less is.")


def _spelled(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
