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
GIT, SESSIONS, SIMULATION = "git history", "sessions", "simulation"


def demo(
    folder: Annotated[Path, typer.Option(metavar="DIR", help="The repository whose history is shown.")] = Path(),
    sessions: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Sessions of Claude Code, instead of those of this machine.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Start over.")] = False,
    port: Port = PORT,
    seed: Annotated[int, typer.Option(help="Another one gives another simulation.")] = SEED,
) -> None:
    """Fill a board from real history, and serve it; agents are simulated where there are no sessions to import."""
    here = Here(folder.resolve(), sessions)
    listener = bound_nearby(port)
    with interruptible("Interrupted; run it again and it goes on where it was."):
        here.begin(fresh=fresh)
        ledger = opened(f"sqlite:///{here.database}")
        with bars() as progress:
            remarks = fill(ledger, here, seed, progress)
            catch_up(ledger, progress)
    for remark in remarks:
        print_line(remark)
    with ledger, playing(ledger, seed, here):
        run(ledger, listener, started=_started)
    say("Stopped; `make demo` goes on with the same board.")


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


def fill(ledger: Workledger, here: Here, seed: int, progress: Bars) -> list[str]:
    """Bring in what has not been brought in before; what was interrupted is gone on with. Remarks about it."""
    remarks = []
    if GIT not in here.filled and (here.folder / ".git").exists():
        remarks.append(_import_git(ledger, here, progress))
        here.fill(GIT)
    if sessions := _sessions(here):
        if str(sessions) not in here.filled:
            remarks.append(str(import_claude_code(ledger, sessions, progress=progress)))
            here.fill(str(sessions))
    elif SIMULATION not in here.filled:
        count = history(ledger, seed, progress=progress)
        remarks.append(f"simulation: {count:,} events of agents that do not exist")
        here.fill(SIMULATION)
    return remarks


def _import_git(ledger: Workledger, here: Here, progress: Bars) -> str:
    try:
        return str(import_git(ledger, here.folder, progress=progress))
    except (GitFailed, FileNotFoundError) as failed:
        return f"git: nothing came in, {failed}"


def _sessions(here: Here) -> Path | None:
    """The folder of sessions: the one given, or this machine's if there are any in it."""
    if here.sessions is not None:
        return here.sessions.resolve()
    usual = default_folder()
    return usual if any(usual.glob("*/*.jsonl")) else None


@contextlib.contextmanager
def playing(ledger: Workledger, seed: int, here: Here) -> Iterator[None]:
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


def _started(url: str) -> None:
    print_line(f"The board is at {url} (Ctrl-C stops)")
