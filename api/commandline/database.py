"""Which database a command works on: --db, or WORKLEDGER_DB, or a file in this folder; and for which app: --app."""

from pathlib import Path
from typing import Annotated

import typer

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseUnreachable
from workledger.api.commandline.apps import ENTRY_POINTS, find_app

DEFAULT = "sqlite:///workledger.db"
VARIABLE = "WORKLEDGER_DB"
HELP = f"sqlite:///file.db or postgresql://user@host/name; else ${VARIABLE}, else {DEFAULT}."

APP_VARIABLE = "WORKLEDGER_APP"
APP_HELP = f"module:object, a workledger.App; else ${APP_VARIABLE}, else the entry points {ENTRY_POINTS}."


class FolderMissing(DatabaseUnreachable):
    """There is no folder {folder} for the database; make it first, or give another --db."""


def _chosen(context: typer.Context, value: str | None) -> str:
    given: str | None = value or context.find_root().params.get("db")
    return given or DEFAULT


Everywhere = Annotated[str | None, typer.Option("--db", metavar="URL", envvar=VARIABLE, help=HELP)]
"""The option before the command."""

Database = Annotated[str | None, typer.Option("--db", metavar="URL", callback=_chosen, help=HELP)]
"""The option after the command, which goes before the other."""


def _chosen_app(context: typer.Context, value: str | None) -> str | None:
    given: str | None = value or context.find_root().params.get("app")
    return given


AppEverywhere = Annotated[str | None, typer.Option("--app", metavar="APP", envvar=APP_VARIABLE, help=APP_HELP)]
"""The option before the command."""

AppName = Annotated[str | None, typer.Option("--app", metavar="APP", callback=_chosen_app, help=APP_HELP)]
"""The option after the command, which goes before the other."""


def opened(url: str | None, app: str | None = None) -> Workledger:
    """The ledger on that database, which is made where there is none, with the read tables and policies of an app.

    Raises:
        Refused: FolderMissing, AppNotFound, or what `workledger.open` says.
    """
    url = url or DEFAULT
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if not folder.is_dir():
            raise FolderMissing(folder=folder)
    found = find_app(app)
    return workledger.open(url, groups=found.groups, policies=found.policies)
