"""`workledger redact`: secrets that were stored before are erased from the log and from all that is made of it."""

from typing import Annotated, Any

import typer

from workledger.adapters.erasing import redactor
from workledger.adapters.erasing.redactor import Outcome
from workledger.api.commandline.console import note, plural, print_json, print_line, print_table
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import RESUME, interruptible
from workledger.api.commandline.options import AppName, Database, Json
from workledger.api.commandline.progress import bars

SHOWN = 20
"""Places that are printed."""


def redact(
    db: Database = None,
    app: AppName = None,
    json: Json = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say where secrets are; change nothing.")] = False,
) -> None:
    """Erase secrets that were stored before from the log.

    Payloads of events keep their order, positions and versions. The read tables are rebuilt, and what they were before
    is dropped. The log records that it was done. An interrupted redaction is resumed when the command is run again.
    """
    advice = "Nothing was changed." if dry_run else RESUME
    with open_ledger(db, app, read_only=dry_run) as ledger, interruptible(advice), bars() as progress:

        def looked(done: int, total: int) -> None:
            progress(done, total, "events")

        if dry_run:
            outcome = redactor.look(ledger, on_progress=looked)
        else:
            outcome = redactor.redact_ledger(ledger, on_progress=looked, on_rebuild=progress.rebuilding)
    if json:
        print_json(_as_json(outcome, dry_run))
    else:
        _print(outcome, dry_run)
    if not outcome.emptied:
        note(
            "Readers kept the write-ahead log from being emptied, so secrets may be in it; run the command again later."
        )


def _as_json(outcome: Outcome, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "position": outcome.upto,
        "events": outcome.events,
        "texts": outcome.texts,
        "places": [{"position": at, "topic": topic, "fields": list(names)} for at, topic, names in outcome.places],
    }


def _print(outcome: Outcome, dry_run: bool) -> None:
    if outcome.places:
        print_table(
            {"position": "right", "topic": "left", "fields": "left"},
            [(at, topic, ", ".join(names)) for at, topic, names in outcome.places[:SHOWN]],
        )
        if len(outcome.places) > SHOWN:
            print_line(f"and {plural(len(outcome.places) - SHOWN, 'more event')}")
    what = f"{plural(outcome.texts, 'text')} in {plural(outcome.events, 'event')}"
    done = "would be redacted" if dry_run else "redacted"
    print_line(f"{what} {done}, up to position {outcome.upto:,}")
