"""Which database a command works on: --db, or WORKLEDGER_DB, or a file in this folder."""

from pathlib import Path
from typing import Annotated

import typer

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseUnreachable

DEFAULT = "sqlite:///workledger.db"
VARIABLE = "WORKLEDGER_DB"
HELP = f"sqlite:///file.db or postgresql://user@host/name; else ${VARIABLE}, else {DEFAULT}."


class FolderMissing(DatabaseUnreachable):
    """There is no folder {folder} for the database; make it first, or give another --db."""


def _chosen(context: typer.Context, value: str | None) -> str:
    given: str | None = value or context.find_root().params.get("db")
    return given or DEFAULT


Everywhere = Annotated[str | None, typer.Option("--db", metavar="URL", envvar=VARIABLE, help=HELP)]
"""The option before the command."""

Database = Annotated[str | None, typer.Option("--db", metavar="URL", callback=_chosen, help=HELP)]
"""The option after the command, which goes before the other."""


def opened(url: str | None) -> Workledger:
    """The ledger on that database, which is made where there is none.

    Raises:
        Refused: FolderMissing, or what `workledger.open` says.
    """
    url = url or DEFAULT
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if not folder.is_dir():
            raise FolderMissing(folder=folder)
    return workledger.open(url)
