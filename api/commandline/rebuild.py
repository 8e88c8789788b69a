"""`workledger rebuild`: the read tables made anew from the log, and what may be done with the previous ones."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from workledger import Workledger
from workledger.api.commandline.console import print_json, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.groups import Groups, named
from workledger.api.commandline.options import AppName, Database, Json
from workledger.api.commandline.progress import Bars, bars
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.rebuild import undo as undoing
from workledger.projections.engine.rebuild.cancel import cancel as cancel_rebuild
from workledger.projections.engine.rebuild.rebuild import Rebuild


def rebuild(
    groups: Groups = None,
    db: Database = None,
    app: AppName = None,
    json: Json = False,
    undo: Annotated[
        bool, typer.Option("--undo", help="Swap the previous tables back in. A second --undo undoes that.")
    ] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Cancel a running or interrupted rebuild.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Drop the previous tables.")] = False,
) -> None:
    """Rebuild read tables from the log.

    The previous tables serve reads until the new ones are complete and swapped in; then they are kept for --undo.
    """
    if undo + cancel + drop_old > 1:
        raise typer.BadParameter("Give only one of --undo, --cancel and --drop-old")
    with open_ledger(db, app) as ledger, interruptible(RESUME), bars() as progress:
        chosen = named(ledger, groups)
        if undo:
            chosen = chosen if groups else undoing.undoable(ledger.tables, chosen) or chosen
            outcome: dict[str, Any] = {"position": undoing.undo(ledger.tables, chosen)}
            ledger.catch_up()
        elif cancel:
            outcome = {"cancelled": cancel_rebuild(ledger.tables, chosen)}
        elif drop_old:
            outcome = {"dropped": bool(undoing.undoable(ledger.tables, chosen))}
            undoing.drop_old(ledger.tables, chosen)
        else:
            outcome = run_rebuild(ledger, chosen, progress)
    if json:
        print_json({"groups": [{"name": group.name, **outcome} for group in chosen]})
    else:
        for group in chosen:
            print_line(f"{group.name}: {_described(outcome)}")


def run_rebuild(ledger: Workledger, groups: Sequence[Group], progress: Bars) -> dict[str, Any]:
    """Rebuild groups; the position they have reached, and the seconds it took."""
    started = time.monotonic()
    position = Rebuild(ledger.store, ledger.tables, groups, on_progress=progress.rebuilding).run()
    return {"position": position, "seconds": round(time.monotonic() - started, 3)}


def _described(outcome: dict[str, Any]) -> str:
    match outcome:
        case {"seconds": seconds, "position": position}:
            return f"rebuilt in {seconds:.1f} s, up to position {position:,}"
        case {"dropped": dropped}:
            return "the previous tables were dropped" if dropped else "there were no previous tables"
        case {"cancelled": cancelled}:
            return "the rebuild was cancelled" if cancelled else "no rebuild was running"
    return "the previous tables are in use again, and up to date"
