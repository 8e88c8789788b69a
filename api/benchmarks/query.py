"""Querying: pages of a board, a history and a log, in the database and called, with ten times the data or not."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from typing import Any, TypeVar

import orjson

from workledger.adapters import bootstrap
from workledger.adapters.bootstrap import Workledger
from workledger.api.benchmarks import big_tables
from workledger.api.benchmarks.big_tables import Sizes
from workledger.api.benchmarks.figures import LIMIT, OURS, PLAIN, Figures, percentile
from workledger.api.benchmarks.setting import Setting
from workledger.projections import agent_logs, commits, tasks
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.commits import ProjectCommits
from workledger.projections.engine.statement import Query, Statement
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.tasks import Tasks

R = TypeVar("R")
Sent = tuple[str, Sequence[Any]]
"""A statement in SQL, and its arguments."""

PAGES = 250
"""Pages of each kind that are measured, of different projects and agents where there are so many."""

Ask = Callable[[ReadTables, int], Sequence[Any]]


@dataclass(frozen=True)
class Page:
    """A page that is asked for.

    Attributes:
        ask: for the page with that number; its rows.
        table: that the rows are of.
        different: how many pages there are.
        grows: it has more rows when there is more data.
    """

    ask: Ask
    table: type[Table]
    different: int
    grows: bool = False


def query(setting: Setting) -> Figures:
    """Milliseconds of planning and executing, for `events` commits, a tenth as many tasks and twice as many chunks."""
    figures = Figures({"benchmark": "query", "commits": setting.events})
    for size, part in ((setting.events, ""), (max(setting.events // 10, 1), ", a tenth of the data")):
        note = f"tables for {size:,} commits"
        with setting.place() as place, bootstrap.open(place.url) as ledger:
            figures.about |= place.about()
            setting.progress(0, 2, note)
            big_tables.fill(ledger, Sizes(size))
            setting.progress(1, 2, note)
            for name, page in _pages(Sizes(size)).items():
                if not (part and page.grows):
                    _measure(figures, ledger, f"{name}{part}", page)
            setting.progress(2, 2, note)
    for name, page in _pages(Sizes(setting.events)).items():
        if not page.grows:
            before = figures.value(f"{name}, a tenth of the data, p50 ms")
            figures.add(f"{name}, times for ten times the data", OURS, figures.value(f"{name}, p50 ms") / before)
    return figures


def _pages(sizes: Sizes) -> dict[str, Page]:
    ordinary = max(sizes.projects - 1, 1)

    def cards(tables: ReadTables, project_id: str) -> Sequence[Any]:
        return [card for column in tasks.board(tables, project_id).values() for card in column]

    return {
        "board": Page(lambda tables, number: cards(tables, f"prj_{number + 1}"), Tasks, ordinary),
        "big board": Page(lambda tables, number: cards(tables, "prj_0"), Tasks, 1, grows=True),
        "commit history": Page(
            lambda tables, number: commits.history(tables, f"prj_{number}"), ProjectCommits, sizes.projects
        ),
        "agent log tail": Page(
            lambda tables, number: agent_logs.tail(tables, f"agt_{number}", 1), AgentLogChunks, sizes.sessions
        ),
    }


def _measure(figures: Figures, ledger: Workledger, name: str, page: Page) -> None:
    """Every page has been asked for before it is measured, so that it is not the disk that is."""
    tables = ledger.tables
    ours, limit, calls, by_hand = [], [], [], []
    for number in range(min(page.different, PAGES)):
        said, rows = _heard(tables, partial(page.ask, tables, number))
        ours.append(said)
        if len(page.table.KEY) == 1:
            query = Statement(_by_key(page.table, rows))
            limit.append(_heard(tables, partial(tables.run, query))[0])
        calls.append(_taken(partial(page.ask, tables, number)))
        by_hand.append(sum(_taken(partial(tables.bulk.rows, *one)) for one in said))
    for who, statements in ((OURS, ours), (LIMIT, limit)):
        asked = islice(cycle(statements), PAGES)
        _add(figures, name, who, [sum(_in_database(tables, *one) for one in several) for several in asked])
    for who, taken in ((OURS, calls), (PLAIN, by_hand)):
        _add(figures, f"{name}, called", who, taken)


def _add(figures: Figures, name: str, who: str, taken: Sequence[float]) -> None:
    for share in (50, 99) if taken else ():
        figures.add(f"{name}, p{share} ms", who, percentile(taken, share))


def _heard(tables: ReadTables, call: Callable[[], R]) -> tuple[list[Sent], R]:
    """The statements that a call sends to the database, and what it returns."""
    sent: list[Sent] = []
    rows = tables.bulk.rows

    def hear(sql: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
        sent.append((sql, arguments))
        return rows(sql, arguments)

    tables.bulk.rows = hear  # type: ignore[method-assign]
    try:
        return sent, call()
    finally:
        del tables.bulk.rows


def _taken(call: Callable[[], object]) -> float:
    """Milliseconds, to whoever waits for it."""
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def _by_key(table: type[Table], rows: Sequence[Any]) -> Query:
    """The same rows, were their keys known."""
    [key] = table.KEY
    return table.table.select().where(table.c[key].in_([row[key] for row in rows]))


def _in_database(tables: ReadTables, sql: str, arguments: Sequence[Any]) -> float:
    """Milliseconds that the database needs for a statement, planning included."""
    if tables.engine.dialect.name == "postgresql":
        [(plan,)] = tables.bulk.rows(f"explain (analyze, format json) {sql}", arguments)
        [explained] = orjson.loads(plan)
        return float(explained["Planning Time"] + explained["Execution Time"])
    return _taken(partial(tables.bulk.rows, sql, arguments))
