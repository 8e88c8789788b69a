"""Backups: a copy of a ledger in one file, which is there as a whole or not at all."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workledger.domain.kernel.refusals import Refused, Unavailable

OnCopied = Callable[[int, int], None]
"""(bytes copied, bytes in all), now and then; what it raises ends the backup."""


class BackupExists(Refused):
    """There is a file at {path}; give another name, as a backup is never overwritten."""

    code = "BACKUP_EXISTS"


class BackupFailed(Unavailable):
    """The backup could not be written: {reason}"""

    code = "BACKUP_FAILED"


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """The place to write a file to, which gets its name when the block ends; after an error there is no file.

    Raises:
        BackupExists: there is a file of that name, before or by now.
        BackupFailed: the folder cannot be written, or the disk is full.
    """
    if os.path.lexists(path):
        raise BackupExists(path=str(path))
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        partial.touch(mode=0o600, exist_ok=False)
        yield partial
        _fsync(partial)
        os.link(partial, path)  # a rename would replace what has come there meanwhile
        _fsync(path.parent)
    except FileExistsError:
        raise BackupExists(path=str(path)) from None
    except OSError as error:
        raise BackupFailed(reason=error.strerror or str(error)) from error
    finally:
        for left in (partial, *(partial.with_name(partial.name + end) for end in ("-wal", "-shm", "-journal"))):
            with suppress(OSError):
                left.unlink()


def _fsync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
