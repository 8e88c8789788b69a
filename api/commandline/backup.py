"""`workledger backup`: a copy of the ledger, also while it is in use."""

from pathlib import Path
from typing import Annotated

import typer

from workledger.api.commandline.console import plural, print_json, print_line
from workledger.api.commandline.database import open_ledger
from workledger.api.commandline.errors import interruptible
from workledger.api.commandline.options import AppName, Database, Json
from workledger.api.commandline.progress import bars


def backup(
    destination: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")],
    db: Database = None,
    app: AppName = None,
    json: Json = False,
) -> None:
    """Copy the ledger to a file, while others read and write it.

    SQLite: a database that can be opened in its place. PostgreSQL: an archive of pg_dump for pg_restore.
    """
    with open_ledger(db, app, read_only=True) as ledger, interruptible("No file was written."), bars() as progress:
        head = ledger.backup(destination, lambda done, total: progress(done, total, "bytes"))
    size = destination.stat().st_size
    if json:
        print_json({"path": str(destination), "head": head, "bytes": size})
    else:
        print_line(f"{destination}: {plural(head, 'event')}, {size:,} bytes")
