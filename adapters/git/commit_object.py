"""Reads a commit from its object, however it was written: any encoding, date and header."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from workledger.adapters.importing import EARLIEST, LATEST

ID = re.compile(rb"(?:[0-9a-f]{40}|[0-9a-f]{64})")
SECONDS = re.compile(rb"\s*(-?\d{1,30})(?:\s+(?P<zone>[+-](?:0\d|1[0-4])[0-5]\d))?(?P<odd>.*)", re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNSAFE = ("idna", "punycode", "undefined")
"""Encodings of Python that take quadratic time, or none."""

NAME = 1_000
"""Characters of an author's name or address that are kept."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who did it when, as a line of a commit says it.

    Attributes:
        at: the time; that of the nearest end of the calendar when it lies in none, None when it cannot be read.
        seconds: since 1970, as they are written.
        has_zone: whether the line names a zone of the earth.
    """

    name: str
    email: str
    at: datetime | None
    seconds: int
    has_zone: bool

    @property
    def is_odd(self) -> bool:
        return not (self.has_zone and self.at and self.at.timestamp() == self.seconds)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit as it is stored: `parents` also where the clone does not have them."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Stamp
    committer: Stamp
    message: str

    @property
    def at(self) -> datetime:
        """The commit date, by which `git log` orders; the author's or 1970 in place of one that cannot be read."""
        return self.committer.at or self.author.at or EPOCH

    @property
    def has_odd_dates(self) -> bool:
        """Whether a date was moved into the calendar, or could not be read, or its zone is none."""
        return self.author.is_odd or self.committer.is_odd


def read(sha: str, content: bytes) -> Commit:
    """The commit in the content of an object. What a header lacks is empty."""
    head, _, body = content.partition(b"\n\n")
    headers: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")  # a line that goes on begins with a blank: it has no name
        headers.setdefault(name, []).append(value)
    encoding = _first(headers, b"encoding").decode("ascii", "replace")
    return Commit(
        sha,
        next((one.decode() for one in headers.get(b"tree", ()) if ID.fullmatch(one)), ""),
        tuple(one.decode() for one in headers.get(b"parent", ()) if ID.fullmatch(one)),
        _stamp(_first(headers, b"author"), encoding),
        _stamp(_first(headers, b"committer"), encoding),
        _text(body, encoding).rstrip("\n"),
    )


def _first(headers: dict[bytes, list[bytes]], name: bytes) -> bytes:
    return headers.get(name, [b""])[0]


def _stamp(line: bytes, encoding: str) -> Stamp:
    """From `Name <address> seconds zone`; the zone says nothing about when it was."""
    name, _, rest = line.partition(b"<")
    match = SECONDS.match(line.rpartition(b">")[2])
    seconds = int(match[1]) if match else 0
    return Stamp(
        _text(name.strip(), encoding)[:NAME],
        _text(rest.partition(b">")[0].strip(b"< "), encoding)[:NAME],
        _clamped(seconds) if match else None,
        seconds,
        has_zone=bool(match and match["zone"] and not match["odd"].strip()),
    )


def _clamped(seconds: int) -> datetime:
    since = max((EARLIEST - EPOCH).total_seconds(), min((LATEST - EPOCH).total_seconds(), seconds))
    return EPOCH + timedelta(seconds=since)


def _text(content: bytes, encoding: str) -> str:
    """Decoded as the commit says, or as UTF-8, with a mark in place of what is none."""
    text = content.decode("utf-8", "replace")
    if encoding and encoding.lower() not in UNSAFE:
        try:
            text = content.decode(encoding)
        except (LookupError, ValueError):
            pass
        else:
            text = text.encode("utf-8", "replace").decode()  # halves of surrogates
    return text.replace("\0", "\ufffd")
