"""Progress bars on stderr, with rate and time left."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from workledger.api.commandline.console import printable
from workledger.projections.engine.state import progress as rebuild_progress


class Rate(ProgressColumn):
    """How much is done in a second."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="dim")


class Bars:
    """One bar for each named piece of work."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}

    def __call__(self, done: int, total: int, note: str, phase: str = "") -> None:
        """Show how much of the work named `note` is done, and the phase it is in."""
        self._progress.start()
        if note not in self._bars:
            self._bars[note] = self._progress.add_task(note, total=total)
        description = printable(f"{note}, {phase}" if phase else note)
        self._progress.update(self._bars[note], completed=done, total=total, description=description)

    def rebuilding(self, progress: rebuild_progress.Progress) -> None:
        """Show the progress of a rebuild."""
        name = "read tables" if "," in progress.group else progress.group
        self(progress.position, progress.target, name, progress.phase)


@contextmanager
def bars() -> Iterator[Bars]:
    """Progress bars while the block runs; none is shown before there is progress."""
    columns = (
        TextColumn("{task.description}", markup=False),
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
