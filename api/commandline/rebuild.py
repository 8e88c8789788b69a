"""`workledger rebuild`, `verify` and `project`: the read tables made anew, checked against the log, kept up with it."""

import time
from dataclasses import asdict
from typing import Annotated, Any

import typer

from workledger import Workledger
from workledger.api.commandline.console import Bars, bars, interruptible, print_json, print_line, print_table
from workledger.api.commandline.database import Database, opened
from workledger.api.commandline.sentences import say
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.projector import BATCH
from workledger.projections.engine.follow.projector_loop import ProjectorLoop
from workledger.projections.engine.rebuild.cancel import cancel as cancelled
from workledger.projections.engine.rebuild.rebuild import Rebuild
from workledger.projections.engine.rebuild.undo import drop_old as drop
from workledger.projections.engine.rebuild.undo import undo as undone
from workledger.projections.engine.rebuild.undo import undoable
from workledger.projections.engine.rebuild.verify import Difference, Verdict
from workledger.projections.engine.rebuild.verify import verify as verified
from workledger.projections.groups import GROUPS

SHOWN = 10
"""Differences that are printed of one group."""

Groups = Annotated[
    list[str] | None,
    typer.Argument(metavar="[GROUP]...", help=f"{', '.join(group.name for group in GROUPS)}; else all."),
]
Json = Annotated[bool, typer.Option("--json", help="As one JSON object.")]


def rebuild(
    groups: Groups = None,
    db: Database = None,
    json: Json = False,
    undo: Annotated[bool, typer.Option("--undo", help="Swap the tables before the last rebuild in, and back.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Stop one that runs or was interrupted.")] = False,
    drop_old: Annotated[bool, typer.Option("--drop-old", help="Let go of the tables before the last rebuild.")] = False,
) -> None:
    """Make read tables anew from the log; the old ones serve until the new ones are swapped in, and are kept."""
    if undo + cancel + drop_old > 1:
        raise typer.BadParameter("Only one of --undo, --cancel and --drop-old goes at a time")
    named = _named(groups)
    again = "Interrupted; run it again and it goes on where it was."
    with opened(db) as ledger, interruptible(again), bars() as progress:
        if undo:
            named = named if groups else undoable(ledger.tables, named) or named
            said: dict[str, Any] = {"position": undone(ledger.tables, named)}
            ledger.catch_up()
        elif cancel:
            said = {"cancelled": cancelled(ledger.store, ledger.tables, named)}
        elif drop_old:
            said = {"dropped": bool(undoable(ledger.tables, named))}
            drop(ledger.tables, named)
        else:
            said = _rebuilt(ledger, named, progress)
    if json:
        print_json({"groups": [{"name": group.name, **said} for group in named]})
    else:
        for group in named:
            print_line(_told(group.name, said))


def _rebuilt(ledger: Workledger, groups: list[Group], progress: Bars) -> dict[str, Any]:
    started = time.monotonic()
    position = Rebuild(ledger.store, ledger.tables, groups, report=progress.rebuilding).run()
    return {"position": position, "seconds": round(time.monotonic() - started, 3)}


def _told(names: str, said: dict[str, Any]) -> str:
    if "seconds" in said:
        return f"{names} is rebuilt, in {said['seconds']:.1f} s, at {said['position']:,}"
    if "dropped" in said:
        return f"{names} is alone: {'the old tables are gone' if said['dropped'] else 'there were no old tables'}"
    if "cancelled" in said:
        return f"{names} is as it was: {'cancelled' if said['cancelled'] else 'no rebuild was under way'}"
    return f"{names} is as before the last rebuild, brought up to the log"


def verify(groups: Groups = None, db: Database = None, json: Json = False) -> None:
    """Fold the log again beside the read tables, and compare every row; exit code 1 when one differs."""
    with opened(db) as ledger, interruptible("Interrupted; nothing was changed."), bars() as progress:
        verdicts = [verified(ledger.store, ledger.tables, group, progress.rebuilding) for group in _named(groups)]
    if json:
        print_json({"groups": [_found(verdict) for verdict in verdicts]})
    else:
        _print(verdicts)
    if any(verdict.differences for verdict in verdicts):
        raise typer.Exit(1)


def project(
    db: Database = None, once: Annotated[bool, typer.Option("--once", help="Stop at the end of the log.")] = False
) -> None:
    """Keep the read tables up with the log, until Ctrl-C."""
    with opened(db) as ledger:
        with interruptible("Interrupted; run it again and it goes on where it was."), bars() as progress:
            position = catch_up(ledger, progress)
        say(f"The read tables stand at {position:,}.")
        if not once:
            _follow(ledger)


def catch_up(ledger: Workledger, progress: Bars) -> int:
    """Bring the read tables up to the head of the log, rebuilding what is declared differently; where they stand."""
    changed = [group for group, at in ledger.projector.standing().items() if at.fingerprint != group.fingerprint]
    if changed:
        _rebuilt(ledger, changed, progress)
    position, head = ledger.projector.position(), ledger.head()
    while position < head:
        position = ledger.projector.catch_up(min(position + BATCH, head))
        progress(position, head, "read tables")
    return position


def _follow(ledger: Workledger) -> None:
    loop = ProjectorLoop(ledger.projector)
    loop.start()
    say("Following the log; Ctrl-C stops.")
    try:
        loop.join()
    except KeyboardInterrupt:
        loop.stop()
        say(f"Stopped at {ledger.projector.position():,}.")
        return
    say("The projector has died; run it again, and it goes on where it was.")
    raise typer.Exit(1)


def _named(names: list[str] | None) -> list[Group]:
    known = {group.name: group for group in GROUPS}
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"There is no group {name}; there are {', '.join(known)}", param_hint="GROUP")
    return [group for group in GROUPS if not names or group.name in names]


def _found(verdict: Verdict) -> dict[str, Any]:
    """A verdict for machines: how many rows differ, and which."""
    return {
        "name": verdict.name,
        "position": verdict.position,
        "rows": verdict.rows,
        "differences": len(verdict.differences),
        "examples": [asdict(one) for one in verdict.differences[:SHOWN]],
    }


def _print(verdicts: list[Verdict]) -> None:
    columns = {"group": "left", "position": "right", "rows": "right", "differences": "right"}
    print_table(columns, [(one.name, one.position, one.rows, len(one.differences)) for one in verdicts])
    for verdict in verdicts:
        for one in verdict.differences[:SHOWN]:
            print_line(f"{one.table} {', '.join(map(str, one.key))}: {_said(one)}")


def _said(one: Difference) -> str:
    if one.expected is None:
        return "is there, and the log knows nothing of it"
    if one.found is None:
        return "is missing"
    columns = [name for name in one.expected if one.expected[name] != one.found.get(name)]
    return "; ".join(f"{name} is {one.found.get(name)!r}, the log says {one.expected[name]!r}" for name in columns)
