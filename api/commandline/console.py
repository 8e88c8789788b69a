"""What the commands show: results on stdout, progress and remarks on stderr."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from workledger.adapters.database import DatabaseUnreachable
from workledger.adapters.failures import refusal_of
from workledger.api.commandline.sentences import INTERRUPTED, say
from workledger.domain.kernel.refusals import Refused
from workledger.projections.engine.state import progress as progress_of


class Rate(ProgressColumn):
    """How much a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


class Bars:
    """A bar for each thing that is under way, with rate and time left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, done: int, total: int, note: str, phase: str = "") -> None:
        """So far has come what `note` names, and that is what it is at."""
        self._progress.start()
        if note not in self._bars:
            self._bars[note] = self._progress.add_task(note, total=total)
        said = f"{note}, {phase}" if phase else note
        self._progress.update(self._bars[note], completed=done, total=total, description=said)

    def rebuilding(self, progress: progress_of.Progress) -> None:
        """So far has come the rebuild of a group, or of several."""
        name = "read tables" if "," in progress.group else progress.group
        self(progress.position, progress.target, name, progress.phase)


@contextmanager
def bars() -> Iterator[Bars]:
    """Progress bars on stderr while the block runs; none where there is nothing to do."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        Rate(),
        TimeRemainingColumn(compact=True),
    )
    progress = Progress(*columns, console=Console(stderr=True))
    try:
        yield Bars(progress)
    finally:
        if progress.live.is_started:
            progress.stop()


@contextmanager
def interruptible(remark: str) -> Iterator[None]:
    """Ctrl-C ends the block with that one line; what it advises is also said when the database goes away."""
    try:
        yield
    except KeyboardInterrupt:
        say(remark)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        refusal = error if isinstance(error, Refused) else refusal_of(error)
        if not isinstance(refusal, DatabaseUnreachable):
            raise
        advice = remark.partition("; ")[2].rstrip(".")
        raise DatabaseUnreachable(reason=f"{refusal.details['reason']}; {advice}") from error


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    print_line(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS, default=str).decode())


def print_line(line: str, *, flush: bool = True) -> None:
    sys.stdout.write(line + "\n")
    if flush:
        sys.stdout.flush()


def print_table(columns: dict[str, str], rows: list[tuple[object, ...]]) -> None:
    """Rows under headings, each column justified left or right; the last is folded where a terminal has no room."""
    cells = [[f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row] for row in rows]
    *others, last = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for nth, (heading, justify) in enumerate(columns.items()):
        side: Literal["left", "right"] = "right" if justify == "right" else "left"
        table.add_column(heading, justify=side, no_wrap=nth < len(others), overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console, needed = Console(), sum(others) + 2 * len(others)
    console.width = max(console.width, needed + min(last, 30)) if console.is_terminal else needed + last
    with console.capture() as shown:  # rich would end the program by itself when nobody reads on
        console.print(table)
    print_line(shown.get().rstrip("\n"))
