"""Opens the ledger that a command works on: the only place of the command line that does."""

from pathlib import Path

import workledger
from workledger import Workledger
from workledger.api.commandline.options import DEFAULT
from workledger.domain.kernel.refusals import Refused


class FolderMissing(Refused):
    """The folder {folder} does not exist; create it, or give another --db."""

    code = "DATABASE_UNREACHABLE"


def open_ledger(url: str | None, *, create: bool = False) -> Workledger:
    """The ledger in that database.

    Args:
        url: DEFAULT, unless given.
        create: make it if there is none. Commands that bring events in do; those that work on the events of a ledger
            refuse a mistyped URL.

    Raises:
        Refused: FolderMissing, DatabaseNotFound, or another refusal of `workledger.open`.
    """
    url = url or DEFAULT
    if url.startswith("sqlite:///"):
        folder = Path(url.removeprefix("sqlite:///")).parent
        if not folder.is_dir():
            raise FolderMissing(folder=folder)
    return workledger.open(url, create=create)
