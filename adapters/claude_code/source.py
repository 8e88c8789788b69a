"""Whether a transcript file is still the one that an import source has read, as far as it has read it."""

import hashlib
from pathlib import Path

from workledger.domain.import_source import ImportSource

ENDS = 1024
"""Bytes at the beginning and at the end that tell whether a file is still the same, but longer."""


def continues(source: ImportSource, path: Path) -> bool:
    """Whether the file begins with what was read of it; otherwise it was replaced, or cut short."""
    return path.stat().st_size >= source.end and fingerprint(path, source.end) == source.fingerprint


def is_read(source: ImportSource, path: Path) -> bool:
    """Whether there is nothing more to take from the file."""
    over = source.start == source.end and not source.live
    return over and path.stat().st_size == source.end and continues(source, path)


def fingerprint(path: Path, end: int) -> str:
    """Of the first `end` bytes of a file: their number, beginning and end."""
    with path.open("rb") as file:
        head = file.read(min(ENDS, end))
        file.seek(max(0, end - ENDS))
        return hashlib.sha256(b"%d:%b%b" % (end, head, file.read(min(ENDS, end)))).hexdigest()[:32]
