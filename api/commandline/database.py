"""Opens the ledger that a command works on: the only place of the command line that does."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workledger
from workledger import Workledger
from workledger.adapters.database import DatabaseUnreachable, OlderDatabase
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
        read_only: for commands that write nothing. Others are given a file that cannot be written so, too. Tables of an
            earlier release are upgraded all the same, as nothing could be read otherwise.
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
    own: dict[str, Any] = {} if found is None else {"groups": found.groups, "policies": found.policies}
    if read_only or not _is_writable(url):
        with suppress(OlderDatabase):
            return workledger.open(url, **own, read_only=True)
    return workledger.open(url, **own, create=create, redact=redact)


def _is_writable(url: str) -> bool:
    """Whether a file of SQLite and its folder can be written, or can be made; True of other databases."""
    if not url.startswith("sqlite:///"):
        return True
    path = Path(url.removeprefix("sqlite:///"))
    return all(os.access(one, os.W_OK) for one in (path, path.parent) if one.exists())
