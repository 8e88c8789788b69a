"""Fingerprints tell whether a file is still the same, but longer: by the size, beginning and end of what it was."""

import hashlib
from pathlib import Path

ENDS = 1024
"""Bytes at the beginning and at the end that count."""


def fingerprint(path: Path, end: int) -> str:
    """Of the first `end` bytes of a file: their number, beginning and end."""
    with path.open("rb") as file:
        head = file.read(min(ENDS, end))
        file.seek(max(0, end - ENDS))
        return _digest(end, head, file.read(min(ENDS, end)))


def fingerprint_of(data: bytes) -> str:
    """The same of bytes in memory."""
    return _digest(len(data), data[:ENDS], data[-ENDS:])


def _digest(size: int, head: bytes, tail: bytes) -> str:
    return hashlib.sha256(b"%d:%b%b" % (size, head, tail)).hexdigest()[:32]
