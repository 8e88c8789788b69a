"""`workledger project`: the projector, which keeps the read tables up to date with the log."""

from typing import Annotated

import typer

from workledger import Workledger
from workledger.api.commandline.console import note
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.options import AppName, Database
from workledger.api.commandline.progress import Bars, bars
from workledger.api.commandline.rebuild import run_rebuild
from workledger.projections.engine.follow.projector import BATCH
from workledger.projections.engine.follow.projector_loop import ProjectorLoop

Once = Annotated[bool, typer.Option("--once", help="Stop at the end of the log.")]


def project(db: Database = None, app: AppName = None, once: Once = False) -> None:
    """Keep the read tables up to date with the log, until Ctrl-C.

    Tables that this release declares differently are rebuilt first.
    """
    with open_ledger(db, app) as ledger:
        with interruptible(RESUME, endless=not once), bars() as progress:
            position = catch_up(ledger, progress)
        note(f"The read tables are at position {position:,}.")
        if not once:
            _follow(ledger)


def catch_up(ledger: Workledger, progress: Bars) -> int:
    """Bring the read tables up to the head of the log, rebuilding groups whose declaration has changed.

    Returns:
        The position that all groups have reached.
    """
    changed = [group for group, at in ledger.projector.checkpoints().items() if at.fingerprint != group.fingerprint]
    if changed:
        run_rebuild(ledger, changed, progress)
    position, head = ledger.projector.position(), ledger.head()
    while position < head:
        position = ledger.projector.catch_up(min(position + BATCH, head))
        progress(position, head, "read tables")
    return position


def _follow(ledger: Workledger) -> None:
    loop = ProjectorLoop(ledger.projector)
    loop.hear(ledger.listen)
    loop.start()
    note("Following the log; press Ctrl-C to stop.")
    try:
        loop.join()
    except KeyboardInterrupt:
        loop.stop()
        note(f"Stopped at position {ledger.projector.position():,}.")
        return
    note(f"The projector failed. {RESUME}")
    raise typer.Exit(1)
