"""Providers' tokens, found by Kingfisher's rules: in process, in linear time, and without any network."""

import re
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from workledger.adapters.redaction.spans import Span, merged

if TYPE_CHECKING:
    from kingfisher_sdk import Scanner


MODULE = "kingfisher_sdk"


class ScannerMissing(ModuleNotFoundError):
    """The secret scanner is not installed: an import or a server ends with it, and passes over nothing."""

    def __init__(self) -> None:
        super().__init__("The secret scanner is not installed: run pip install 'workledger[secrets]'.", name=MODULE)


NOT_USED = {"betterleaks.private-key"}
"""Rules that take too much: all between two mentions of a key. See keys.py."""
_REST = re.compile(r"(?:[\w-]|\.(?=\d))*+")
"""Of a word, and of a token that ends in a checksum after a dot, such as GitLab's."""


def installed() -> None:
    """
    Raises:
        ScannerMissing: the scanner is not installed.
    """
    if find_spec(MODULE) is None:
        raise ScannerMissing


@cache
def scanner() -> "Scanner":
    """The scanner with its rules, the same one for all threads.

    Its rules are compiled once for some seconds, and kept in the user's cache folder where that can be written.
    Loading them from there takes a quarter of a second.

    Raises:
        ScannerMissing: the package is not installed, which nothing passes over in silence.
    """
    try:
        from kingfisher_sdk import Rules, Scanner
    except ImportError as missing:
        raise ScannerMissing from missing
    return Scanner(Rules(confidence="low"), min_entropy=0.0)


def tokens(text: str) -> list[Span]:
    """Where a provider's token is, as it stands or in base64."""
    data = text.encode("utf-8", "replace")
    findings = [one.location for one in scanner().scan(data) if one.rule_id not in NOT_USED]
    if not findings:
        return []
    places = merged((one["start_offset"], one["end_offset"]) for one in findings)
    if len(data) != len(text):
        places = _characters(data, places)
    return [(start, _end(text, end)) for start, end in places]


def _characters(data: bytes, places: list[Span]) -> list[Span]:
    """The same places, which are in order, in characters instead of bytes."""
    found, done, count = [], 0, 0
    for start, end in places:
        first = count + len(data[done:start].decode("utf-8", "replace"))
        count = first + len(data[start:end].decode("utf-8", "replace"))
        found.append((first, count))
        done = end
    return found


def _end(text: str, end: int) -> int:
    """Of the whole word: a token may be longer than its rule knows, and no part of one is of use."""
    rest = _REST.match(text, end)
    return rest.end() if rest else end
