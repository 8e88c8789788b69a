"""`workledger trim-commands`: forgets command ids that nobody will repeat any more."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from workledger.api.commandline.console import plural, print_json, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import interruptible
from workledger.api.commandline.options import AppName, Database, Json
from workledger.domain.services.retention import trim_commands as trim

AGE = re.compile(r"(\d{1,6})([dh])")


def age(text: str) -> timedelta:
    """Such as 30d or 12h."""
    found = AGE.fullmatch(text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a number of days or hours, such as 30d or 12h")
    return timedelta(**{"days" if found[2] == "d" else "hours": int(found[1])})


def trim_commands(
    older_than: Annotated[timedelta, typer.Option(parser=age, metavar="AGE", help="Such as 30d or 12h.")],
    db: Database = None,
    app: AppName = None,
    json: Json = False,
) -> None:
    """Forget old command ids.

    A command that is repeated under a forgotten id takes effect again. The trimming is recorded in the log.
    """
    with open_ledger(db, app) as ledger, interruptible("Run the command again to forget the rest."):
        count = trim(ledger, older_than=older_than)
    if json:
        print_json({"forgotten": count})
    else:
        print_line(f"{plural(count, 'command id')} forgotten")
