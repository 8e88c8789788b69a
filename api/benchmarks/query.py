"""Querying: a page of a board, of a history and of a log, measured in the database, with ten times the data or not."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa

from workledger.adapters import bootstrap
from workledger.adapters.bootstrap import Workledger
from workledger.api.benchmarks import big_tables
from workledger.api.benchmarks.big_tables import Sizes
from workledger.api.benchmarks.figures import LIMIT, OURS, Figures, percentile
from workledger.api.benchmarks.setting import Setting
from workledger.projections import agent_logs, commits, tasks
from workledger.projections.agent_logs import AgentLogChunks
from workledger.projections.commits import ProjectCommits
from workledger.projections.engine.table import Table
from workledger.projections.engine.tables import ReadTables
from workledger.projections.tasks import Tasks

P = ParamSpec("P")
R = TypeVar("R")
Statement = tuple[str, Any]
"""With its parameters."""

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
    ours, limit = [], []
    with Listening(ledger.tables.engine) as heard:
        for number in range(min(page.different, PAGES)):
            said, rows = heard.during(page.ask, ledger.tables, number)
            ours.append(said)
            if len(page.table.KEY) == 1:
                limit.append(heard.during(ledger.tables.all, _by_key(page.table, rows))[0])
    with ledger.tables.engine.connect() as connection:
        for who, statements in ((OURS, ours), (LIMIT, limit)):
            asked = list(islice(cycle(statements), PAGES))
            taken = [sum(_milliseconds(connection, *one) for one in several) for several in asked]
            for share in (50, 99) if taken else ():
                figures.add(f"{name}, p{share} ms", who, percentile(taken, share))


class Listening:
    """Hears the statements that are sent to a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._said: list[Statement] = []

    def __enter__(self) -> "Listening":
        sa.event.listen(self._engine, "before_cursor_execute", self._hear)
        return self

    def __exit__(self, *exception: object) -> None:
        sa.event.remove(self._engine, "before_cursor_execute", self._hear)

    def _hear(self, connection: Any, cursor: Any, statement: str, parameters: Any, *others: object) -> None:
        if not statement.startswith("begin"):
            self._said.append((statement, parameters))

    def during(self, ask: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> tuple[list[Statement], R]:
        """What is sent while that is asked, and the answer."""
        said: list[Statement] = []
        self._said = said
        return said, ask(*args, **kwargs)


def _by_key(table: type[Table], rows: Sequence[Any]) -> sa.Select[Any]:
    """The same rows, were their keys known."""
    [key] = table.KEY
    return table.table.select().where(table.c[key].in_([row[key] for row in rows]))


def _milliseconds(connection: sa.Connection, statement: str, parameters: Any) -> float:
    """What the database needs for it, planning included."""
    if connection.dialect.name == "postgresql":
        [(plan,)] = connection.exec_driver_sql(f"explain (analyze, format json) {statement}", parameters).all()
        return float(plan[0]["Planning Time"] + plan[0]["Execution Time"])
    driver: Any = connection.connection.driver_connection
    started = time.perf_counter()
    driver.execute(statement, parameters).fetchall()
    return (time.perf_counter() - started) * 1000
