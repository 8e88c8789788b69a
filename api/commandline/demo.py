"""`workledger demo`: a board filled from this folder's git history and from agents at work, real or simulated."""

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
from workledger.adapters.git.history import GitFailed
from workledger.adapters.git.importer import import_git
from workledger.adapters.simulation.history import history
from workledger.adapters.simulation.live import Live
from workledger.api.commandline.console import Bars, bars, interruptible, print_line
from workledger.api.commandline.database import FolderMissing, opened
from workledger.api.commandline.sentences import say
from workledger.api.commandline.serve import PORT, Port, bound_nearby, run
from workledger.api.commandline.tables import catch_up

SEED = 7
GIT, SIMULATION = "git", "simulation"


def demo(
    folder: Annotated[Path, typer.Option(metavar="DIR", help="The repository whose history is shown.")] = Path(),
    sessions: Annotated[
        Path | None,
        typer.Option(exists=True, metavar="DIR", help="Sessions of Claude Code, instead of this machine's."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over.")] = False,
    port: Port = PORT,
    seed: Annotated[int, typer.Option(help="Another one gives another simulation.")] = SEED,
) -> None:
    """Fill a board from real history, and serve it; agents are simulated where there are no sessions to import."""
    here = Here(folder.resolve(), sessions)
    with interruptible("Interrupted; run it again and it goes on where it was."), bound_nearby(port) as listener:
        here.begin(fresh=fresh)
        with opened(f"sqlite:///{here.database}") as ledger:
            for remark in filled(ledger, here, seed):
                print_line(remark)
            with playing(ledger, here, seed):
                run(ledger, listener, started=lambda url: print_line(f"The board is at {url} (Ctrl-C stops)"))
    say("Stopped; the next time it goes on with the same board.")


@dataclass(frozen=True)
class Here:
    """Where the demo runs, and what it keeps there."""

    folder: Path
    sessions: Path | None

    @property
    def database(self) -> Path:
        return self.folder / ".demo" / "demo.db"

    @property
    def record(self) -> Path:
        """What the database has been filled from."""
        return self.folder / ".demo" / "filled.json"

    def begin(self, *, fresh: bool) -> None:
        """Make room for the database; a fresh one, if asked.

        Raises:
            FolderMissing: there is no such folder.
        """
        if not self.folder.is_dir():
            raise FolderMissing(folder=self.folder)
        self.database.parent.mkdir(exist_ok=True)
        if fresh or not self.database.exists():
            for name in (self.record.name, *(f"demo.db{ending}" for ending in ("", "-wal", "-shm"))):
                (self.database.parent / name).unlink(missing_ok=True)

    @property
    def filled(self) -> list[str]:
        if not self.record.exists():
            return []
        return list(json.loads(self.record.read_text(encoding="utf-8")))

    def fill(self, what: str) -> None:
        self.record.write_text(json.dumps([*self.filled, what]), encoding="utf-8")


def filled(ledger: Workledger, here: Here, seed: int) -> list[str]:
    """Bring in what has not been brought in before, going on with what was interrupted; what came of each."""
    with bars() as progress:
        remarks = [_brought(ledger, here, what, seed, progress) for what in _wanted(here) if what not in here.filled]
        catch_up(ledger, progress)
    return remarks


def _wanted(here: Here) -> list[str]:
    """What belongs on this board: git's history, if there is any, and agents at work, real or simulated."""
    git = [GIT] if (here.folder / ".git").exists() else []
    sessions = _sessions(here)
    return [*git, str(sessions) if sessions else SIMULATION]


def _brought(ledger: Workledger, here: Here, what: str, seed: int, progress: Bars) -> str:
    if what == GIT:
        remark = _import_git(ledger, here, progress)
    elif what == SIMULATION:
        count = history(ledger, seed, progress=progress)
        remark = f"simulation: imported: events {count:,}, of agents that do not exist"
    else:
        remark = str(import_claude_code(ledger, what, progress=progress))
    here.fill(what)
    return remark


def _import_git(ledger: Workledger, here: Here, progress: Bars) -> str:
    try:
        return str(import_git(ledger, here.folder, progress=progress))
    except (GitFailed, FileNotFoundError) as failed:
        return f"git: nothing imported, {failed}"


def _sessions(here: Here) -> Path | None:
    """The folder of sessions: the one given, or this machine's if there are any in it."""
    if here.sessions is not None:
        return here.sessions.resolve()
    usual = default_folder()
    return usual if any(usual.glob("*/*.jsonl")) else None


@contextlib.contextmanager
def playing(ledger: Workledger, here: Here, seed: int) -> Iterator[None]:
    """The simulation goes on while the block runs, where there is one."""
    if SIMULATION not in here.filled:
        yield
        return
    live = Live(ledger, seed)
    live.start()
    try:
        yield
    finally:
        live.stop()
