"""`workledger demo`: a board of a repository's git history and of its agents' sessions, which may be simulated."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from workledger import Workledger
from workledger.adapters.claude_code.files import default_folder
from workledger.adapters.claude_code.importer import import_claude_code
from workledger.adapters.git.importer import import_git
from workledger.adapters.git.repository import GitFailed
from workledger.adapters.simulation.history import history
from workledger.adapters.simulation.live import Live
from workledger.api.commandline.console import note, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.progress import Bars, bars
from workledger.api.commandline.project import catch_up
from workledger.api.commandline.serve import PORT, listen_nearby, run

SEED = 7
GIT, SIMULATION = "git", "simulation"


def demo(
    folder: Annotated[
        Path, typer.Option(metavar="DIR", exists=True, file_okay=False, help="The git repository to show.")
    ] = Path(),
    sessions: Annotated[
        Path | None,
        typer.Option(exists=True, metavar="DIR", help="Sessions of Claude Code. Default: those of this machine."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Delete the demo board and make a new one.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port to listen on, or the next one that is free.")
    ] = PORT,
    seed: Annotated[int, typer.Option(help="The seed of the simulation.")] = SEED,
) -> None:
    """Fill a demo board from git and from sessions of Claude Code, and serve it.

    Where there are no sessions, agents are simulated. The board is kept in the folder `.demo`.
    """
    files = DemoFiles(folder.resolve(), sessions)
    with interruptible(RESUME), listen_nearby(port) as listener:
        files.prepare(fresh=fresh)
        with open_ledger(f"sqlite:///{files.database}", create=True) as ledger:
            for line in fill(ledger, files, seed):
                print_line(line)
            with simulating(ledger, files, seed):
                run(ledger, listener, started=lambda url: print_line(f"The board is at {url} (press Ctrl-C to stop)"))
    note("Stopped. Run the command again to continue with the same board.")


@dataclass(frozen=True)
class DemoFiles:
    """The folder that the demo shows, and the files it keeps there.

    Attributes:
        sessions: a folder of sessions; that of this machine, unless given.
    """

    folder: Path
    sessions: Path | None

    @property
    def database(self) -> Path:
        return self.folder / ".demo" / "demo.db"

    @property
    def record(self) -> Path:
        """The list of the sources that were imported."""
        return self.folder / ".demo" / "filled.json"

    def prepare(self, *, fresh: bool) -> None:
        """Make the folder of the database, and delete a database that is to be made anew."""
        self.database.parent.mkdir(exist_ok=True)
        if fresh or not self.database.exists():
            for name in (self.record.name, *(f"demo.db{ending}" for ending in ("", "-wal", "-shm"))):
                (self.database.parent / name).unlink(missing_ok=True)

    @property
    def imported(self) -> list[str]:
        """The sources that were imported."""
        if not self.record.exists():
            return []
        return list(json.loads(self.record.read_text(encoding="utf-8")))

    def add(self, source: str) -> None:
        """Note that a source was imported."""
        self.record.write_text(json.dumps([*self.imported, source]), encoding="utf-8")

    @property
    def sources(self) -> list[str]:
        """What belongs on the board: git's history, where there is one, and sessions, or else a simulation."""
        git = [GIT] if (self.folder / ".git").exists() else []
        sessions = self._sessions()
        return [*git, str(sessions) if sessions else SIMULATION]

    def _sessions(self) -> Path | None:
        if self.sessions is not None:
            return self.sessions.resolve()
        usual = default_folder()
        return usual if any(usual.glob("*/*.jsonl")) else None


def fill(ledger: Workledger, files: DemoFiles, seed: int) -> list[str]:
    """Import the sources that were not imported yet, or not to the end.

    Returns:
        A line for each of them.
    """
    with bars() as progress:
        missing = [source for source in files.sources if source not in files.imported]
        lines = [_import(ledger, files, source, seed, progress) for source in missing]
        catch_up(ledger, progress)
    return lines


def _import(ledger: Workledger, files: DemoFiles, source: str, seed: int, progress: Bars) -> str:
    if source == GIT:
        line = _import_git(ledger, files, progress)
    elif source == SIMULATION:
        line = f"simulation: imported: events {history(ledger, seed, progress=progress):,} of simulated agents"
    else:
        line = str(import_claude_code(ledger, source, progress=progress))
    files.add(source)
    return line


def _import_git(ledger: Workledger, files: DemoFiles, progress: Bars) -> str:
    try:
        return str(import_git(ledger, files.folder, progress=progress))
    except (GitFailed, FileNotFoundError) as failed:
        return f"git: imported: nothing ({failed})"


@contextlib.contextmanager
def simulating(ledger: Workledger, files: DemoFiles, seed: int) -> Iterator[None]:
    """Let simulated agents work during the block, on a board that has some."""
    if SIMULATION not in files.imported:
        yield
        return
    live = Live(ledger, seed)
    live.start()
    try:
        yield
    finally:
        live.stop()
