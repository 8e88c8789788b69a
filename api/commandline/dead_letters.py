"""`workledger dead-letters`: events that a read table or a policy could not process, shown, retried or dropped."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from workledger.api.commandline.console import first_line, note, plural, print_json, print_line, print_table
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.options import AppName, Database, Json
from workledger.api.commandline.owners import Owners
from workledger.projections.engine.follow.replay import Replayed

app = typer.Typer(
    help="Show, retry or drop the events that could not be processed. The later events of their streams wait behind "
    "them. All of these are called dead letters."
)

Owner = Annotated[str, typer.Argument(metavar="GROUP", help="The group or policy, as the list names it.")]
Position = Annotated[int, typer.Argument(metavar="POSITION", help="The position of the event in the log.")]


@app.command("list")
def list_letters(db: Database = None, app: AppName = None, json: Json = False) -> None:
    """List all dead letters in the order of the log. Those that wait behind another one have no error."""
    with open_ledger(db, app, read_only=True) as ledger:
        letters = Owners(ledger).letters()
    if json:
        print_json({"dead_letters": [asdict(letter) for letter in letters]})
    elif letters:
        print_table(
            {"group": "left", "position": "right", "stream": "left", "topic": "left", "error": "left"},
            [
                (one.name, one.position, one.stream_id, one.topic, first_line(one.error) if one.error else "waiting")
                for one in letters
            ],
        )
    else:
        print_line("There are no dead letters.")


@app.command("show")
def show(name: Owner, position: Position, db: Database = None, app: AppName = None) -> None:
    """Show a dead letter as JSON, with its error in full and its event."""
    with open_ledger(db, app, read_only=True) as ledger:
        letter = Owners(ledger).letter(name, position)
        events = ledger.read(position - 1, 1, upto=position)
    found = [event._asdict() | {"data": _parsed(event.data), "tags": _parsed(event.tags)} for event in events]
    print_json(asdict(letter) | {"event": found[0] if found else None})


@app.command("retry")
def retry(
    name: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="Only those of this group or policy.")] = None,
    position: Annotated[
        int | None, typer.Argument(metavar="[POSITION]", help="Only those of the stream of the event at this position.")
    ] = None,
    db: Database = None,
    app: AppName = None,
    json: Json = False,
) -> None:
    """Process dead letters again, each stream in its order. The exit code is 1 if some are left."""
    foreign = 0
    with open_ledger(db, app) as ledger:
        owners = Owners(ledger)
        if name is not None:
            outcomes = {name: owners.retry(name, position)}
        else:
            letters, known = owners.letters(), owners.known()
            outcomes = {one: owners.retry(one) for one in sorted({letter.name for letter in letters} & set(known))}
            foreign = sum(letter.name not in known for letter in letters)
    done = outcomes.values()
    total = Replayed(
        folded=sum(one.folded for one in done),
        left=sum(one.left for one in done) + foreign,
        stale=sum(one.stale for one in done),
    )
    _finish(total, json, stale=[one for one, outcome in outcomes.items() if outcome.stale], foreign=foreign)


@app.command("drop")
def drop(name: Owner, position: Position, db: Database = None, app: AppName = None, json: Json = False) -> None:
    """Drop a dead letter, and process those that wait behind it. The exit code is 1 if some of them are left.

    The event stays in the log, and a rebuild processes it again.
    """
    with open_ledger(db, app) as ledger:
        done = Owners(ledger).drop(name, position)
    _finish(done, json)


def _parsed(stored: str) -> Any:
    """The JSON, or the text itself where it is not JSON: that may be why the event could not be processed."""
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return stored


def _finish(done: Replayed, json: bool, stale: Sequence[str] = (), foreign: int = 0) -> None:
    if json:
        print_json(asdict(done))
    else:
        print_line(f"{done.folded:,} processed, {done.left:,} left")
    if stale:
        note(
            f"{plural(done.stale, 'dead letter')} can only be processed by a rebuild, because later events changed "
            f"or deleted the same rows: workledger rebuild {' '.join(stale)}"
        )
    if foreign:
        note(
            f"{plural(foreign, 'dead letter')} of other groups or policies can only be retried with --app, which names "
            "the app that has them."
        )
    if done.left:
        raise typer.Exit(1)
