"""`workledger dead-letters`: lists, shows, retries and drops events that could not be folded."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import orjson
import typer

from workledger import Workledger
from workledger.api.commandline.console import print_json, print_line, print_table
from workledger.api.commandline.database import AppName, Database, opened
from workledger.api.commandline.policies import chosen
from workledger.api.commandline.sentences import first_line, say
from workledger.domain.policies import Policy
from workledger.projections.engine.fold.group import Group
from workledger.projections.engine.follow.replay import DeadLetterNotFound, Replayed
from workledger.projections.engine.follow.replay import drop as dropped
from workledger.projections.engine.follow.replay import retry as retried
from workledger.projections.engine.react.reactor import Reactor
from workledger.projections.engine.react.subscription import checkpoint_name
from workledger.projections.engine.rebuild.shadow import OLD, SCRATCH, SHADOW
from workledger.projections.engine.state import dead_letters
from workledger.projections.engine.state.dead_letters import DeadLetter

app = typer.Typer(help="Events that could not be folded, set aside with the later events of their streams.")

Name = Annotated[str, typer.Argument(metavar="GROUP", help="Whose they are, as the list says.")]
Position = Annotated[int, typer.Argument(metavar="POSITION", help="Of the event in the log, as the list says.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.command("list")
def listed(db: Database = None, app: AppName = None, json: Json = False) -> None:
    """Show all of them, in the order of the log; those without an error wait behind another one of their stream."""
    with opened(db, app) as ledger, ledger.tables.engine.connect() as connection:
        letters = _live(dead_letters.find(connection))
    if json:
        print_json({"dead_letters": [asdict(letter) for letter in letters]})
    elif letters:
        columns = {"group": "left", "position": "right", "stream": "left", "topic": "left", "error": "left"}
        errors = [first_line(one.error or "waits") for one in letters]
        named = [(one.name, one.position, one.stream_id, one.topic) for one in letters]
        print_table(columns, [(*names, error) for names, error in zip(named, errors, strict=True)])
    else:
        print_line("There are no dead letters.")


@app.command("show")
def show(name: Name, position: Position, db: Database = None, app: AppName = None) -> None:
    """Show one as JSON: the error in full, and the event."""
    with opened(db, app) as ledger:
        letter = _letter(ledger, name, position)
        events = ledger.read(position - 1, 1, upto=position)
    found = [event._asdict() | {"data": _json(event.data), "tags": _json(event.tags)} for event in events]
    print_json(asdict(letter) | {"event": found[0] if found else None})


@app.command("retry")
def retry(
    name: Annotated[str | None, typer.Argument(metavar="[GROUP]", help="Those of one group; else of all.")] = None,
    position: Annotated[int | None, typer.Argument(metavar="[POSITION]", help="Those of one event's stream.")] = None,
    db: Database = None,
    app: AppName = None,
    json: Json = False,
) -> None:
    """Fold them again, each stream in its order; exit code 1 when some are left."""
    with opened(db, app) as ledger:
        names = [name] if name is not None else _names(ledger)
        done = [_retried(ledger, one, position) for one in names]
    stale = [one for one, outcome in zip(names, done, strict=True) if outcome.stale]
    totals = (sum(getattr(one, count) for one in done) for count in ("folded", "left", "stale"))
    _say(Replayed(*totals), json, stale)


@app.command("drop")
def drop(name: Name, position: Position, db: Database = None, app: AppName = None, json: Json = False) -> None:
    """Let go of one, and fold what waits behind it; exit code 1 when some of that is left.

    The event stays in the log, and a rebuild tries it again.
    """
    with opened(db, app) as ledger:
        if (policy := _policy(ledger, name)) is not None:
            done = Reactor(ledger, ledger.tables, [policy]).drop(policy, position)
        else:
            done = dropped(ledger.store, ledger.tables, _group(ledger, name, position), position)
    _say(done, json)


def _json(stored: str) -> Any:
    """What the text says, or the text itself, when that is what is wrong with the event."""
    try:
        return orjson.loads(stored)
    except orjson.JSONDecodeError:
        return stored


def _letter(ledger: Workledger, name: str, position: int) -> DeadLetter:
    with ledger.tables.engine.connect() as connection:
        for letter in dead_letters.find(connection, name):
            if letter.position == position:
                return letter
    raise DeadLetterNotFound(name=name, position=position)


def _names(ledger: Workledger) -> list[str]:
    """The groups and policies that have dead letters."""
    with ledger.tables.engine.connect() as connection:
        return sorted({letter.name for letter in _live(dead_letters.find(connection))})


def _live(letters: list[DeadLetter]) -> list[DeadLetter]:
    """Those of live tables and of policies."""
    return [letter for letter in letters if not letter.name.endswith((OLD, SHADOW, SCRATCH))]


def _retried(ledger: Workledger, name: str, position: int | None) -> Replayed:
    if (policy := _policy(ledger, name)) is not None:
        return Reactor(ledger, ledger.tables, [policy]).retry(policy, position=position)
    return retried(ledger.store, ledger.tables, _group(ledger, name, position), position=position)


def _policy(ledger: Workledger, name: str) -> Policy | None:
    """The policy whose dead letters have that name."""
    return next((policy for policy in chosen(ledger, dispatch=True) if checkpoint_name(policy) == name), None)


def _group(ledger: Workledger, name: str, position: int | None) -> Group:
    for group in ledger.groups:
        if group.name == name:
            return group
    if position is not None:
        raise DeadLetterNotFound(name=name, position=position)
    known = [group.name for group in ledger.groups] + [checkpoint_name(one) for one in chosen(ledger, dispatch=True)]
    raise typer.BadParameter(f"There is no group {name}; there are {', '.join(known)}", param_hint="GROUP")


def _say(done: Replayed, json: bool, stale: Sequence[str] = ()) -> None:
    if json:
        print_json(asdict(done))
    else:
        print_line(f"{done.folded:,} folded, {done.left:,} left")
    if stale:
        say(
            f"{done.stale:,} of them are stale: later events deleted or changed the rows that they are about. "
            f"Only a rebuild folds them in their order: workledger rebuild {' '.join(stale)}"
        )
    if done.left:
        raise typer.Exit(1)
