"""Opens the ledger that a command works on: the only place of the command line that does."""

from pathlib import Path
from typing import TYPE_CHECKING

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseUnreachable
from workledger.api.commandline.apps import find_app
from workledger.api.commandline.options import DEFAULT

if TYPE_CHECKING:
    from workledger.adapters.redaction import Redact


class FolderMissing(DatabaseUnreachable):
    """The folder {folder} does not exist; create it, or give another --db."""


def open_ledger(
    url: str | None,
    app: str | None = None,
    *,
    create: bool = False,
    read_only: bool = False,
    redact: "Redact | None" = None,
) -> Workledger:
    """The ledger in that database.

    Args:
        url: DEFAULT, unless given.
        app: the name of the app whose read tables and policies it has (see apps.py).
        create: make it if there is none. Commands that bring events in do; those that work on the events of a ledger
            refuse a mistyped URL.
        read_only: write nothing, so that a read-only file or a standby will do.
        redact: takes secrets from what is recorded.

    Raises:
        Refused: FolderMissing, AppNotFound, DatabaseNotFound, or another refusal of `workledger.open`.
    """
    url = url or DEFAULT
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if not folder.is_dir():
            raise FolderMissing(folder=folder)
    found = find_app(app)
    if found is None:
        return workledger.open(url, create=create, read_only=read_only, redact=redact)
    return workledger.open(
        url, groups=found.groups, policies=found.policies, create=create, read_only=read_only, redact=redact
    )
