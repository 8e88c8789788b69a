"""`workledger bench`: appends, rebuilds, lag and queries of workledger and of its peers, measured in one run."""

from collections.abc import Callable
from typing import Annotated

import typer

from workledger.api.benchmarks.append import append as measure_append
from workledger.api.benchmarks.commands import commands as measure_commands
from workledger.api.benchmarks.figures import Figures
from workledger.api.benchmarks.http import http_requests as measure_http
from workledger.api.benchmarks.lag import lag as measure_lag
from workledger.api.benchmarks.query import query as measure_query
from workledger.api.benchmarks.rebuild import rebuild as measure_rebuild
from workledger.api.benchmarks.setting import ROUNDS, Setting
from workledger.api.commandline.console import note, print_json, print_table
from workledger.api.commandline.errors import interruptible
from workledger.api.commandline.options import Json, database_url
from workledger.api.commandline.progress import bars

app = typer.Typer(
    help="Benchmark workledger beside other event stores. They take turns on one database server or disk with the bare "
    "driver (`plain`) and with the least that any program has to do (`limit`)."
)


MOST = 100_000_000
"""The most events of a benchmark: some hundred gigabytes."""

Beside = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        callback=database_url,
        help="Make a temporary database beside this one, which is left as it is. Default: a temporary SQLite file.",
    ),
]
Events = Annotated[int, typer.Option("--events", metavar="N", min=1, max=MOST, help="The number of events.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="The number of rounds; the median is reported.")]


@app.command("append")
def append(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Append to a log of N events: single events by one writer and by eight, and batches of 100."""
    _run(measure_append, db, events, rounds, json)


@app.command("commands")
def commands(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Create, load and change tasks, N of each at most: one caller, eight threads, eight processes."""
    _run(measure_commands, db, events, rounds, json)


@app.command("http")
def http(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Ask the service for small answers, and give it commands, N of each at most: one client, and sixteen."""
    _run(measure_http, db, events, rounds, json)


@app.command("rebuild")
def rebuild(db: Beside = None, events: Events = 100_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Rebuild all read tables from N events, and the agent logs from chunks of 2 KB."""
    _run(measure_rebuild, db, events, rounds, json)


@app.command("lag")
def lag(db: Beside = None, events: Events = 10_000, rounds: Rounds = ROUNDS, json: Json = False) -> None:
    """Append N events, 500 a second, and measure how long each takes to reach the read tables."""
    _run(measure_lag, db, events, rounds, json)


@app.command("query")
def query(db: Beside = None, events: Events = 100_000, json: Json = False) -> None:
    """Query boards, histories and logs of N commits, N / 10 tasks and 2 N log chunks, and of a tenth of that."""
    _run(measure_query, db, events, 1, json)


def _run(measure: Callable[[Setting], Figures], db: str | None, events: int, rounds: int, json: bool) -> None:
    with interruptible("The temporary database was dropped."), bars() as progress:
        figures = measure(Setting(events, db, rounds, progress, note))
    if json:
        print_json(figures.told())
        return
    ratios = {(one["case"], one["to"]): f"{one['value']:g} times" for one in figures.ratios()}
    print_table(
        {"case": "left", "who": "left", "value": "right", "unit": "left", "workledger's is": "right"},
        [
            (row.case, row.who, _rounded(row.value), row.unit, ratios.get((row.case, row.who), ""))
            for row in figures.rows
        ],
    )
    note("More is better for events and rows a second; less is better for ms, MB and times.")


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
